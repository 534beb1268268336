import { expect, test } from 'vitest';
import { wholeRedaction } from '../../../shared/model/redaction.ts';
import { nanos } from '../../../shared/model/units.ts';
import { openLibraryReader, openLibraryWriter } from '../library/open-library.ts';
import { makeFacts, makeStep, putRun } from '../library/runs.testing.ts';
import { withDirectory } from '../library/telemetry.testing.ts';
import { costsFile } from './costs-csv.ts';

const redaction = wholeRedaction({ rules: [], patterns: [] });

const usd = (amount: number) => ({
  kind: 'reported' as const,
  usd: amount,
  reportedUsd: amount,
  sourceName: 's',
  notes: [],
});

const call = (index: number, change: Parameters<typeof makeStep>[1]) =>
  makeStep(index, { parentIndex: undefined, startNs: nanos(1_762_300_800_000_000_000n), ...change });

function cellsOf(text: string): readonly (readonly string[])[] {
  return text
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/));
}

test('a file of what was spent holds every call, its money to the nano-dollar, and no formula', () =>
  withDirectory((directory) => {
    const writer = openLibraryWriter({ directory });
    writer.transaction(() =>
      putRun(writer, 1, {
        steps: [
          call(0, { cost: usd(0.1), agent: '=cmd()', facts: makeFacts({ serviceTier: 'batch' }) }),
          call(1, { cost: usd(0.000_000_002), agent: '=cmd()', facts: makeFacts({ serviceTier: 'batch' }) }),
          call(2, { cost: { kind: 'none', reason: 'no price' }, agent: undefined, facts: makeFacts() }),
          call(3, { cost: usd(7), agent: undefined, facts: makeFacts({ knownTimes: 'order' }) }),
        ],
      }),
    );
    const reader = openLibraryReader({ directory });

    const plain = cellsOf(costsFile(reader, { filter: {}, format: 'csv', redaction, redact: true }).text);
    const column = (name: string) => plain[0]?.indexOf(name) ?? -1;
    expect(plain.slice(1).map((row) => ['day', 'agent', 'calls', 'cost_usd'].map((name) => row[column(name)]))).toEqual(
      [
        ['', '', '1', '7.000000000'],
        ['2025-11-05', "'=cmd()", '2', '0.100000002'],
        ['2025-11-05', '', '1', ''],
      ],
    );

    const focus = costsFile(reader, { filter: {}, format: 'focus', redaction, redact: true });
    expect([focus.undated, focus.unpriced]).toEqual([1, 1]);
    const [names = [], ...charges] = cellsOf(focus.text);
    expect(charges).toHaveLength(1);
    const charge = Object.fromEntries(names.map((name, at) => [name, charges[0]?.[at]]));
    expect(charge).toMatchObject({
      BilledCost: '0.100000002',
      BillingCurrency: 'USD',
      BillingPeriodStart: '2025-11-01T00:00:00Z',
      BillingPeriodEnd: '2025-12-01T00:00:00Z',
      ChargePeriodStart: '2025-11-05T00:00:00Z',
      ChargePeriodEnd: '2025-11-06T00:00:00Z',
      ConsumedQuantity: '220.0',
      ProviderName: 'openai',
      SkuPriceId: 'gpt-5 batch',
      Tags: '"{""agent"":""=cmd()"",""service_tier"":""batch""}"',
    });
    reader.close();
    writer.close();
  }));

test('a name with something private in it goes out with a name in its place; without redaction it is counted', () =>
  withDirectory((directory) => {
    const key = `sk-proj-${'Ab3dE6gHi9KlMn2pQr5tUv8x'}`;
    const writer = openLibraryWriter({ directory });
    writer.transaction(() =>
      putRun(writer, 1, {
        steps: [
          call(0, { cost: usd(0.1), agent: 'of ann@acme.io' }),
          call(1, { cost: usd(0.2), agent: 'of bob@acme.io', facts: makeFacts({ provider: `at ${key}` }) }),
          call(2, { cost: usd(0.3), agent: `=${key}`, facts: makeFacts({ requestModel: key, responseModel: key }) }),
        ],
      }),
    );
    const reader = openLibraryReader({ directory });
    for (const format of ['csv', 'focus'] as const) {
      const plain = costsFile(reader, { filter: {}, format, redaction, redact: false });
      expect([plain.found, plain.left]).toEqual([{ key: 3, mail: 2 }, {}]);
      expect(['ann@acme.io', 'bob@acme.io', key].every((value) => plain.text.includes(value))).toBe(true);

      const redacted = costsFile(reader, { filter: {}, format, redaction, redact: true });
      expect([redacted.found, redacted.left]).toEqual([{ key: 3, mail: 2 }, {}]);
      expect(['acme.io', key].filter((value) => redacted.text.includes(value))).toEqual([]);
      expect(['of [mail-1]', 'of [mail-2]', 'at [key-1]'].filter((name) => !redacted.text.includes(name))).toEqual([]);
      const cells = cellsOf(redacted.text).flat();
      expect(cells.filter((cell) => /^"?[=+@\t]/.test(cell))).toEqual([]);
      expect(cellsOf(redacted.text)).toHaveLength(4);

      const kept = costsFile(reader, {
        filter: {},
        format,
        redaction: { ...redaction, off: ['mail'] },
        redact: true,
      });
      expect([kept.left, kept.text.includes('ann@acme.io'), kept.text.includes(key)]).toEqual([
        { mail: 2 },
        true,
        false,
      ]);
    }
    reader.close();
    writer.close();
  }));
