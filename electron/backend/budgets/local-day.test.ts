import { afterEach, beforeEach, expect, test } from 'vitest';
import { localDayOf, localZone } from './local-day.ts';

const before = process.env.TZ;
let zone = '';
beforeEach(() => {
  zone = localZone();
});
afterEach(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

const hourMs = 3_600_000;
const hours = ({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) => (toMs - fromMs) / hourMs;

test('a day ends at the midnight of this machine, after 23 or 25 hours where the clocks are changed', () => {
  process.env.TZ = 'Europe/Berlin';
  expect(localZone()).toBe('Europe/Berlin');
  const spring = localDayOf(Date.UTC(2026, 2, 29, 12));
  expect([spring.day, hours(spring)]).toEqual(['2026-03-29', 23]);
  const autumn = localDayOf(Date.UTC(2026, 9, 25, 12));
  expect([autumn.day, hours(autumn)]).toEqual(['2026-10-25', 25]);
  // 23:30 there is 22:30 of the day before in UTC: a day of UTC would be another.
  expect(localDayOf(Date.UTC(2026, 10, 30, 22, 59)).day).toBe('2026-11-30');
  expect(localDayOf(Date.UTC(2026, 10, 30, 23, 0)).day).toBe('2026-12-01');
  process.env.TZ = 'America/New_York';
  expect(localDayOf(Date.UTC(2026, 10, 30, 4, 59)).day).toBe('2026-11-29');
});

// In Havana and Beirut the clocks are changed at midnight, in Apia a whole day was left out, Lord Howe changes by half an hour.
test.each([
  'Europe/Berlin',
  'America/Havana',
  'Asia/Beirut',
  'America/Asuncion',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Asia/Kathmandu',
  'UTC',
])('days in %s stand side by side: every hour lies in one, and each begins where the last one ended', (name) => {
  process.env.TZ = name;
  const wrong: unknown[] = [];
  for (const year of [2011, 2024, 2026]) {
    let last = localDayOf(Date.UTC(year, 0, 1));
    for (let ms = Date.UTC(year, 0, 1); ms < Date.UTC(year + 1, 0, 2); ms += hourMs / 2) {
      const day = localDayOf(ms);
      const isBeside = day.day === last.day ? day.toMs === last.toMs : day.fromMs === last.toMs;
      if (ms < day.fromMs || ms >= day.toMs || !isBeside) wrong.push([day, last]);
      last = day;
    }
  }
  expect(wrong).toEqual([]);
});

test('the zone of this machine is put back', () => {
  expect(localZone()).toBe(zone);
});
