import { describe, expect, it } from 'vitest';
import type { Contract, PriceOverride } from '../../../shared/model/cost.ts';
import { nanos } from '../../../shared/model/units.ts';
import { price, pricedOf, request, sumOf } from './pricing.testing.ts';
import { createPricer, packagedPricing } from './pricing.ts';
import type { PriceRequest } from './pricing.ts';

describe('own prices with tiers', () => {
  const own: PriceOverride = {
    model: 'own',
    input: 3,
    output: 15,
    cacheRead: 0.3,
    cacheWrite: 3.75,
    cacheWrite1h: 6,
    tiers: [
      { above: 500_000, input: 12, output: 45 },
      { above: 200_000, input: 6, output: 22.5, cacheRead: 0.6 },
    ],
    batchPercent: 50,
    priorityPercent: 150,
  };
  const of = (usage: PriceRequest['usage'], serviceTier?: string) =>
    pricedOf(price({ responseModel: 'own', usage, serviceTier }, [own]));

  it('charge the whole request at the tier that its input is above', () => {
    expect(of({ input: 200_000, output: 1_000 }).usd).toBeCloseTo(0.6 + 0.015, 12);
    expect(of({ input: 200_001, output: 1_000 }).usd).toBeCloseTo((200_001 * 6) / 1e6 + 0.0225, 12);
    const most = of({ input: 600_000, output: 1_000, cacheRead: 500_000 });
    // The tier has no price of its own for the cache: it is that of its input.
    expect(most.usd).toBeCloseTo(7.2 + 0.045, 12);
    expect(most.notes.join(' ')).toContain('More than 500000 tokens of input');
  });

  it('have prices of their own for what is read from and written to the cache', () => {
    const cost = of({ input: 1_000, output: 0, cacheRead: 400, cacheWrite: 300, cacheWrite1h: 100 });
    expect(cost.lines.map(({ label, tokens, usdPerMillion }) => [label, tokens, usdPerMillion])).toEqual([
      ['input', 300, 3],
      ['cache-read', 400, 0.3],
      ['cache-write', 200, 3.75],
      ['cache-write-1h', 100, 6],
    ]);
  });

  it('are a percentage of themselves in a service tier, and the same where none was given', () => {
    const [standard, batch, priority, flex] = [undefined, 'batch', 'Priority', 'flex'].map((tier) =>
      of({ input: 1_000_000, output: 0 }, tier),
    );
    expect([standard, batch, priority, flex].map((cost) => cost?.usd)).toEqual([12, 6, 18, 12]);
    expect(batch?.notes.join(' ')).toContain('50 % of your price');
  });
});

describe('a contract', () => {
  const contracts: readonly Contract[] = [
    { provider: 'anthropic', percentOff: 15 },
    { provider: 'anthropic', model: '*haiku*', percentOff: 30 },
    { provider: 'openai', percentOff: 10, from: '2026-11-01', until: '2026-11-20' },
    { provider: 'openrouter', percentOff: 50 },
  ];
  const pricer = createPricer({ ...packagedPricing, contracts });
  const of = (fields: Partial<PriceRequest>) => pricer.price(request(fields));
  const list = (fields: Partial<PriceRequest>) => pricedOf(price(fields));

  it('takes its percents off the list; the lines are what is paid and still make the sum', () => {
    const call = {
      responseModel: 'claude-opus-4-8',
      provider: 'anthropic',
      usage: { input: 1_000, output: 100, cacheRead: 500 },
    };
    const cost = pricedOf(of(call));
    const without = list(call);
    // 500 × $5 + 500 × $0.5 + 100 × $25 per million.
    expect(without.usd).toBeCloseTo(0.005_25, 12);
    expect(cost.contract).toEqual({ listUsd: without.usd, factor: 0.85, provider: 'anthropic' });
    expect(cost.usd).toBeCloseTo(0.004_462_5, 12);
    expect(sumOf(cost)).toBeCloseTo(cost.usd, 12);
    expect(cost.uncachedUsd).toBeCloseTo((without.uncachedUsd ?? Number.NaN) * 0.85, 12);
    expect(cost.lines[0]?.usdPerMillion).toBe(4.25);
  });

  it('for a model comes before one for the provider', () => {
    expect(pricedOf(of({ responseModel: 'claude-haiku-4-5', provider: 'anthropic' })).contract).toMatchObject({
      factor: 0.7,
      model: '*haiku*',
    });
  });

  it('holds on its days, both included', () => {
    const on = (time: string) =>
      pricedOf(of({ responseModel: 'gpt-5.4', provider: 'openai', atNs: nanos(BigInt(Date.parse(time)) * 1_000_000n) }))
        .contract?.factor;
    expect(
      ['2026-10-31T23:59:59Z', '2026-11-01T00:00:00Z', '2026-11-20T23:59:59Z', '2026-11-21T00:00:00Z'].map(on),
    ).toEqual([undefined, 0.9, 0.9, undefined]);
  });

  it('touches neither own prices nor what was billed, nor a model of this machine', () => {
    const billed = of({ responseModel: 'gpt-5.4', provider: 'openrouter', reportedCostUsd: 0.02 });
    expect(billed).toMatchObject({ kind: 'reported', usd: 0.02 });
    const own = createPricer({
      overrides: [{ model: 'claude*', input: 1, output: 1 }],
      contracts,
      catalogue: undefined,
    });
    expect(
      pricedOf(own.price(request({ responseModel: 'claude-opus-4-8', provider: 'anthropic' }))).contract,
    ).toBeUndefined();
    expect(of({ responseModel: 'llama3', provider: 'ollama' })).toMatchObject({ usd: 0, source: 'local' });
  });

  it('can cost more than the list, or nothing', () => {
    const [dearer, free] = [-10, 100].map((percentOff) =>
      createPricer({ ...packagedPricing, contracts: [{ provider: 'openai', percentOff }] }),
    );
    const call = request({ responseModel: 'gpt-5.4', provider: 'openai' });
    const usd = list({ responseModel: 'gpt-5.4', provider: 'openai' }).usd;
    expect(dearer?.price(call)).toMatchObject({ contract: { factor: 1.1 } });
    expect(pricedOf(dearer?.price(call) ?? { kind: 'none', reason: '' }).usd).toBeCloseTo(usd * 1.1, 12);
    expect(free?.price(call)).toMatchObject({ usd: 0 });
  });
});
