import { expect, test } from 'vitest';
import { draftOfKeeping, readKeeping } from './keeping-form.ts';

test('empty fields are no limits; what is typed is read back as it was', () => {
  expect(readKeeping({ days: '', runs: ' ', gigabytes: '' })).toEqual({ keeping: {} });
  const keeping = { maximumAgeDays: 30, maximumRuns: 5_000, maximumBytes: 2_500_000_000 };
  expect(draftOfKeeping(keeping)).toEqual({ days: '30', runs: '5000', gigabytes: '2.5' });
  expect(readKeeping(draftOfKeeping(keeping))).toEqual({ keeping });
});

test('what is no limit is said at its field, and none is kept', () => {
  expect(readKeeping({ days: '0', runs: '1.5', gigabytes: '0.001' })).toEqual({
    errors: {
      days: 'A number of days, up to 36500.',
      runs: 'A whole number, 1 or more.',
      gigabytes: 'Gigabytes, 0.01 or more.',
    },
  });
  expect(readKeeping({ days: 'a month', runs: '', gigabytes: '' })).toMatchObject({
    errors: { days: expect.any(String) },
  });
});
