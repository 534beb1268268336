import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { calcPrice } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import type { PriceOverride } from '../../../shared/model/cost.ts';
import { nanos } from '../../../shared/model/units.ts';
import { packaged } from './catalogue-data.ts';
import { price, pricedOf, request, sumOf } from './pricing.testing.ts';
import { createPricer, packagedPricing } from './pricing.ts';

describe('the catalogue', () => {
  it('is the version whose date we state', () => {
    const entry = fileURLToPath(import.meta.resolve('@pydantic/genai-prices'));
    const { version } = JSON.parse(readFileSync(entry.replace(/dist\/.*$/, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(packaged.version).toBe(version);
  });

  it('splits input into uncached, read and written, and the lines make the sum', () => {
    const cost = pricedOf(
      price({
        usage: { input: 1_000, output: 100, cacheRead: 500, cacheWrite: 200, cacheWrite1h: 50, reasoning: 40 },
        responseModel: 'claude-opus-4-8',
        provider: 'anthropic',
      }),
    );
    expect(cost.lines.map(({ label, tokens, usdPerMillion }) => [label, tokens, usdPerMillion])).toEqual([
      ['input', 300, 5],
      ['cache-read', 500, 0.5],
      ['cache-write', 150, 6.25],
      ['cache-write-1h', 50, 10],
      ['output', 60, 25],
      ['reasoning', 40, 25],
    ]);
    expect(cost.usd).toBeCloseTo(sumOf(cost), 12);
    expect(cost).toMatchObject({
      source: 'catalogue',
      matchedModel: 'claude-opus-4-8',
      matchedProvider: 'anthropic',
      sourceName: '@pydantic/genai-prices 0.1.8',
      notes: [],
    });
  });

  it.each([
    ['gpt-5.4', 'openai', 'openai', { input: 900, output: 40, cacheRead: 128 }],
    ['gpt-5.4', 'openai', 'openai', { input: 300_000, output: 40, cacheRead: 128 }],
    [
      'claude-sonnet-4-5',
      'anthropic',
      'anthropic',
      { input: 250_000, output: 7_000, cacheRead: 200_000, cacheWrite: 40_000 },
    ],
    [
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'aws.bedrock',
      'aws',
      { input: 900, output: 40, cacheRead: 128, cacheWrite: 100 },
    ],
    ['gemini-3.5-flash', 'gcp.vertex_ai', 'google', { input: 900, output: 40, cacheRead: 128 }],
    ['deepseek-chat', 'deepseek', 'deepseek', { input: 900, output: 40, cacheRead: 128 }],
    ['gpt-4o', 'azure.ai.openai', 'azure', { input: 900, output: 40 }],
  ] as const)("agrees with the catalogue's own sum: %s of %s", (model, provider, catalogueId, usage) => {
    const cost = pricedOf(price({ usage, responseModel: model, provider }));
    const own = calcPrice(
      {
        input_tokens: usage.input,
        output_tokens: usage.output,
        ...('cacheRead' in usage ? { cache_read_tokens: usage.cacheRead } : {}),
        ...('cacheWrite' in usage ? { cache_write_tokens: usage.cacheWrite } : {}),
      },
      model,
      { providerId: catalogueId, timestamp: new Date('2026-11-20T12:00:00Z') },
    );
    expect(cost.usd).toBeCloseTo(own?.total_price ?? Number.NaN, 10);
    expect(cost.matchedProvider).toBe(catalogueId);
    expect(cost.usd).toBeGreaterThan(0);
  });

  it('charges the whole request at the tier its input reaches', () => {
    const rate = (input: number): number | undefined =>
      pricedOf(price({ usage: { input, output: 0 }, responseModel: 'claude-sonnet-4-5', provider: 'anthropic' }))
        .lines[0]?.usdPerMillion;
    expect([rate(200_000), rate(200_001)]).toEqual([3, 6]);
  });

  it('takes the price of the day', () => {
    const on = (day: string): number | undefined =>
      pricedOf(price({ responseModel: 'o3', provider: 'openai', atNs: nanos(BigInt(Date.parse(day)) * 1_000_000n) }))
        .lines[0]?.usdPerMillion;
    expect([on('2025-06-01'), on('2025-07-01'), on('2025-06-01')]).toEqual([10, 2, 10]);
  });

  it('takes the price of the hour', () => {
    const pricer = createPricer(packagedPricing);
    const at = (time: string): number =>
      pricedOf(
        pricer.price(
          request({
            responseModel: 'deepseek-chat',
            provider: 'deepseek',
            atNs: nanos(BigInt(Date.parse(`2025-06-01T${time}Z`)) * 1_000_000n),
          }),
        ),
      ).usd;
    expect(at('03:00:00')).toBeGreaterThan(at('18:00:00'));
    expect(at('18:00:00')).toBe(at('19:00:00'));
  });

  it.each([
    ['openai/gpt-4o-mini', undefined, 'openai', 'gpt-4o-mini'],
    ['models/gemini-2.5-pro', undefined, 'google', 'gemini-2.5-pro'],
    ['anthropic:claude-opus-4-8', undefined, 'anthropic', 'claude-opus-4-8'],
    ['grok-4', 'x_ai', 'x-ai', 'grok-4-0709'],
    ['GPT-5.4', 'OpenAI', 'openai', 'gpt-5.4'],
  ])('finds %s (%s)', (responseModel, provider, matchedProvider, matchedModel) => {
    expect(price({ responseModel, provider })).toMatchObject({ kind: 'priced', matchedProvider, matchedModel });
  });

  it('knows the provider by its host, as text', () => {
    expect(price({ responseModel: 'gpt-5.4', serverAddress: 'https://api.openai.com:443/v1' })).toMatchObject({
      matchedProvider: 'openai',
      notes: [],
    });
    expect(price({ responseModel: 'gpt-5.4', serverAddress: 'api.openai.com' })).toMatchObject({
      matchedProvider: 'openai',
    });
    expect(price({ responseModel: 'gpt-5.4', serverAddress: 'file:///etc/passwd\n' })).toMatchObject({
      kind: 'priced',
      matchedProvider: 'openai',
    });
  });

  it('falls back to the request model, and says when the provider is a guess', () => {
    expect(price({ responseModel: 'ft:private', requestModel: 'gpt-5.4', provider: 'openai' })).toMatchObject({
      matchedModel: 'gpt-5.4',
    });
    expect(pricedOf(price({ responseModel: 'gpt-5.4', provider: 'acme-gateway' })).notes).toEqual([
      'The catalogue has no such model of "acme-gateway": this is the price of openai.',
    ]);
  });

  it('cuts counts that contradict each other instead of failing, and says so', () => {
    const cost = pricedOf(
      price({
        usage: { input: 100, output: 10, cacheRead: 5_000, cacheWrite1h: 50, reasoning: 900 },
        responseModel: 'claude-opus-4-8',
        provider: 'anthropic',
      }),
    );
    expect(cost.lines.map(({ label, tokens }) => [label, tokens])).toEqual([
      ['cache-read', 100],
      ['reasoning', 10],
    ]);
    expect(cost.notes).toHaveLength(1);
    expect(
      pricedOf(price({ usage: { input: Number.NaN, output: -5 }, responseModel: 'gpt-5.4', provider: 'openai' })).usd,
    ).toBe(0);
  });

  it('halves flex and batch, and leaves other tiers at the standard price, each with a note', () => {
    const standard = pricedOf(price({ responseModel: 'gpt-5.4', provider: 'openai', serviceTier: 'default' }));
    const flex = pricedOf(price({ responseModel: 'gpt-5.4', provider: 'openai', serviceTier: 'flex' }));
    const priority = pricedOf(price({ responseModel: 'gpt-5.4', provider: 'openai', serviceTier: 'priority' }));
    expect([flex.usd / standard.usd, priority.usd / standard.usd]).toEqual([0.5, 1]);
    expect([standard.notes.length, flex.notes.length, priority.notes.length]).toEqual([0, 1, 1]);
  });
});

describe('no price', () => {
  it('is said with its reason, never as $0', () => {
    expect(price({ responseModel: 'house-model-7', provider: 'acme' })).toEqual({
      kind: 'none',
      reason:
        'No price for "house-model-7" of acme in @pydantic/genai-prices 0.1.8. You can add one under Settings, Prices.',
    });
    expect(price({})).toEqual({ kind: 'none', reason: 'The client did not say which model it used.' });
    expect(price({ usage: {}, responseModel: 'gpt-5.4' })).toEqual({
      kind: 'none',
      reason: 'The client sent no token counts for this call.',
    });
  });

  it('takes what the client reported, alone; beside our own where there is a price', () => {
    expect(price({ responseModel: 'house-model-7', reportedCostUsd: 0.25 })).toMatchObject({
      kind: 'reported',
      usd: 0.25,
      reportedUsd: 0.25,
    });
    expect(price({ usage: {}, responseModel: 'gpt-5.4', reportedCostUsd: 0.25 })).toMatchObject({
      kind: 'reported',
      usd: 0.25,
    });
    expect(price({ responseModel: 'gpt-5.4', provider: 'openai', reportedCostUsd: 0.25 })).toMatchObject({
      kind: 'priced',
      usd: 0.004,
      reportedUsd: 0.25,
    });
    expect(price({ responseModel: 'house-model-7', reportedCostUsd: -1 })).toMatchObject({ kind: 'none' });
  });
});

describe('models on this machine', () => {
  it('cost nothing', () => {
    expect(price({ responseModel: 'llama3.3', provider: 'ollama' })).toMatchObject({
      kind: 'priced',
      source: 'local',
      usd: 0,
    });
    expect(
      price({ responseModel: 'qwen3:8b', provider: 'openai', serverAddress: 'http://localhost:11434/v1' }),
    ).toMatchObject({ kind: 'priced', source: 'local', usd: 0 });
    expect(price({ responseModel: 'qwen3:8b', serverAddress: '[::1]:8080' })).toMatchObject({ source: 'local' });
  });

  it('are not taken for a proxy that listens on this machine', () => {
    expect(price({ responseModel: 'gpt-5.4', provider: 'openai', serverAddress: '127.0.0.1' })).toMatchObject({
      source: 'catalogue',
      usd: 0.004,
    });
  });
});

describe("the user's own prices", () => {
  const base: PriceOverride = { model: 'gpt-5.4', input: 1, output: 2 };
  it('come first, exact before pattern, for a provider before for all', () => {
    const overrides: readonly PriceOverride[] = [
      { model: '*', input: 9, output: 9 },
      { model: 'gpt-*', input: 5, output: 5 },
      base,
      { ...base, provider: 'azure', input: 7 },
    ];
    const inputPrice = (model: string, provider: string): number | undefined =>
      pricedOf(price({ responseModel: model, provider }, overrides)).lines[0]?.usdPerMillion;
    expect([
      inputPrice('gpt-5.4', 'openai'),
      inputPrice('gpt-5.4', 'azure.ai.openai'),
      inputPrice('gpt-9', 'openai'),
      inputPrice('house-model-7', 'acme'),
    ]).toEqual([1, 7, 5, 9]);
  });

  it('are dated: the newest that had begun wins', () => {
    const overrides: readonly PriceOverride[] = [
      { ...base, from: '2026-10-01', input: 3 },
      { ...base, from: '2027-01-01', input: 4 },
      base,
      { ...base, from: 'soon', input: 8 },
    ];
    expect(pricedOf(price({ responseModel: 'gpt-5.4' }, overrides))).toMatchObject({
      source: 'override',
      sourceName: 'your override',
      priceDate: '2026-10-01',
      lines: [{ usdPerMillion: 3 }, {}],
    });
  });

  it('without cache prices charge the cache as input, with a note', () => {
    const cost = pricedOf(
      price(
        {
          usage: { input: 1_000, output: 0, cacheRead: 600, cacheWrite: 300, cacheWrite1h: 100 },
          responseModel: 'gpt-5.4',
        },
        [base],
      ),
    );
    expect(cost.usd).toBeCloseTo(0.001, 12);
    expect(cost.notes).toHaveLength(3);
  });
});

describe('what costs nothing, or what somebody else has billed', () => {
  it('a model offered for nothing has not the price of its namesake', () => {
    for (const responseModel of ['deepseek/deepseek-r1:free', 'openrouter/free']) {
      const cost = pricedOf(
        price({ responseModel, provider: 'openrouter', usage: { input: 1_000_000, output: 1_000 } }),
      );
      expect([responseModel, cost.usd]).toEqual([responseModel, 0]);
    }
    expect(pricedOf(price({ responseModel: 'deepseek/deepseek-r1', provider: 'openrouter' })).usd).toBeGreaterThan(0);
  });

  it("a router's bill is the cost, and the arithmetic stands beside it", () => {
    const answer = { responseModel: 'openai/gpt-4o', reportedCostUsd: 0.5 };
    expect(price({ ...answer, provider: 'openrouter' })).toMatchObject({
      kind: 'reported',
      usd: 0.5,
      computedUsd: 0.0035,
      sourceName: 'billed by OpenRouter',
    });
    expect(price({ ...answer, provider: 'openai', serverAddress: 'https://openrouter.ai/api/v1' })).toMatchObject({
      kind: 'reported',
      usd: 0.5,
    });
    // Any other client's figure is a second opinion.
    expect(price({ ...answer, provider: 'openai' })).toMatchObject({ kind: 'priced', usd: 0.0035, reportedUsd: 0.5 });
  });

  it('cached audio is charged once, at its own rate', () => {
    const cost = pricedOf(
      price({
        provider: 'openai',
        responseModel: 'gpt-realtime',
        usage: { input: 1_000, audioInput: 800, cacheRead: 600, audioCacheRead: 500, output: 116, audioOutput: 86 },
      }),
    );
    expect(cost.lines.map(({ label, tokens }) => [label, tokens])).toEqual([
      ['input', 100],
      ['cache-read', 100],
      ['audio-cache-read', 500],
      ['audio-input', 300],
      ['output', 30],
      ['audio-output', 86],
    ]);
    expect(cost.usd).toBeCloseTo(0.016224, 9);
    expect(sumOf(cost)).toBeCloseTo(cost.usd, 12);
  });
});
