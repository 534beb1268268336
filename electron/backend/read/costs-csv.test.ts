import { expect, test } from 'vitest';
import { nanos } from '../../../shared/model/units.ts';
import { openLibraryReader, openLibraryWriter } from '../library/open-library.ts';
import { makeFacts, makeStep, putRun } from '../library/runs.testing.ts';
import { withDirectory } from '../library/telemetry.testing.ts';
import { costsFile } from './costs-csv.ts';

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

    const plain = cellsOf(costsFile(reader, { filter: {}, format: 'csv' }).text);
    const column = (name: string) => plain[0]?.indexOf(name) ?? -1;
    expect(plain.slice(1).map((row) => ['day', 'agent', 'calls', 'cost_usd'].map((name) => row[column(name)]))).toEqual(
      [
        ['', '', '1', '7.000000000'],
        ['2025-11-05', "'=cmd()", '2', '0.100000002'],
        ['2025-11-05', '', '1', ''],
      ],
    );

    const focus = costsFile(reader, { filter: {}, format: 'focus' });
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
