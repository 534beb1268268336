import { describe, expect, it } from 'vitest';
import type { RunFilter } from '../../../../shared/location.ts';
import { cleanFilter, formatQuery, isEmptyFilter, mergeFilters, parseQuery } from './filter-query.ts';

describe('typed filters', () => {
  it('reads fields and keeps free words', () => {
    expect(parseQuery('status:failed,partial agent:swe-agent cost>$0.01 duration>30s last:2d flaky test')).toEqual({
      hasFields: true,
      filter: {
        status: ['error', 'partial'],
        agents: ['swe-agent'],
        minCostUsd: 0.01,
        minDurationMs: 30_000,
        withinHours: 48,
        text: 'flaky test',
      },
    });
  });

  it('reads quoted values and lists', () => {
    expect(parseQuery('agent:"my agent",router model:"a, b"').filter).toEqual({
      agents: ['my agent', 'router'],
      models: ['a, b'],
    });
  });

  it.each(['status:nonsense', 'cost>much', 'cost:3', 'agent>x', 'last:0h', 'duration>3weeks', 'http://x', 'agent:'])(
    '%s stays a free word',
    (word) => {
      expect(parseQuery(word)).toEqual({ hasFields: false, filter: { text: word } });
    },
  );

  it('means the same as the chips, both ways', () => {
    const filter: RunFilter = {
      status: ['error', 'ok'],
      agents: ['my agent', 'router'],
      models: ['gpt-5.1'],
      minCostUsd: 0.001,
      minDurationMs: 1_500,
      withinHours: 24,
      conversationId: 'c 1',
      text: 'two words',
    };
    expect(parseQuery(formatQuery(filter)).filter).toEqual(filter);
  });
});

describe('filters', () => {
  it('joins lists and replaces figures and text', () => {
    expect(mergeFilters({ agents: ['a'], minCostUsd: 1, text: 'old' }, { agents: ['b', 'a'], minCostUsd: 2 })).toEqual({
      agents: ['a', 'b'],
      minCostUsd: 2,
    });
  });

  it('knows when there is no condition', () => {
    expect(cleanFilter({ status: [], text: '', agents: ['x'] })).toEqual({ agents: ['x'] });
    expect(isEmptyFilter({ status: [], text: '' })).toBe(true);
    expect(isEmptyFilter({ withinHours: 1 })).toBe(false);
  });
});
