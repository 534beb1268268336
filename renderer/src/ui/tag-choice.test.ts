import { expect, test } from 'vitest';
import { changeOfTags, tagsOfRuns } from './tag-choice.ts';

test('only what was changed is changed: a tag of some runs stays with them', () => {
  const before = tagsOfRuns([{ tags: ['a', 'b'] }, { tags: ['a'] }, {}]);
  expect(before).toEqual([
    { tag: 'a', count: 2 },
    { tag: 'b', count: 1 },
  ]);
  expect(changeOfTags(before, before)).toEqual({});
  expect(changeOfTags(before, [{ tag: 'a', count: 3 }])).toEqual({ addTags: ['a'], removeTags: ['b'] });
  expect(changeOfTags(before, [...before, { tag: 'new', count: Number.POSITIVE_INFINITY }])).toEqual({
    addTags: ['new'],
  });
});
