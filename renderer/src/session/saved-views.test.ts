import { expect, test, vi } from 'vitest';

/** Each test has views of its own; they are read as the window reads them. */
async function freshViews() {
  vi.resetModules();
  const views = await import('./saved-views.ts');
  const { renderToStaticMarkup } = await import('react-dom/server');
  const { createElement } = await import('react');
  const names = (): string => {
    const Names = () =>
      createElement(
        'p',
        {},
        views
          .useSavedViews()
          .map(({ name, query }) => `${name}=${query}`)
          .join(','),
      );
    return renderToStaticMarkup(createElement(Names)).replace(/<\/?p>/g, '');
  };
  return { ...views, names };
}

test('a view is saved, put in the place of one of its name, renamed, and had back where it was', async () => {
  const { saveView, renameView, deleteView, names } = await freshViews();
  expect(saveView({ name: 'a', query: 'one' })).toBeUndefined();
  expect(saveView({ name: 'b', query: 'two' })).toBeUndefined();
  expect(saveView({ name: 'a', query: 'three' })).toBeUndefined();
  expect(names()).toBe('a=three,b=two');
  renameView('a', 'c');
  const undo = deleteView('c');
  expect(names()).toBe('b=two');
  undo();
  expect(names()).toBe('c=three,b=two');
});

test('one too many is not dropped without a word: it is not saved, and that is said; one of a name that is there still is', async () => {
  const { saveView, names } = await freshViews();
  for (let at = 0; at < 100; at += 1) expect(saveView({ name: `v${at}`, query: 'x' })).toBeUndefined();
  expect(saveView({ name: 'more', query: 'x' })).toBe('100 views are kept, and no more: delete one first.');
  expect(names()).not.toContain('more');
  expect(saveView({ name: 'v99', query: 'y' })).toBeUndefined();
  expect(names()).toContain('v99=y');
});
