import { describe, expect, it } from 'vitest';
import { jsonChildren, jsonNode, jsonRoot } from './json-outline.ts';

const text = ' {"a": [1, 2.50, {"b": "c,]}\\""}], "a": null, "__proto__": {}, "n": 12345678901234567890 } ';

describe('JSON as a tree without parsing it', () => {
  it('gives the children of a value, as they were sent', () => {
    const root = jsonRoot(text);
    expect(root).toBe(1);
    const { nodes, next, isBroken } = jsonChildren(text, 1, 100);
    expect([next, isBroken]).toEqual([undefined, false]);
    expect(nodes.map(({ key, kind, count, from, to }) => [key, kind, count, text.slice(from, to)])).toEqual([
      ['a', 'array', 3, '[1, 2.50, {"b": "c,]}\\""}]'],
      ['a', 'word', 0, 'null'],
      ['__proto__', 'object', 0, '{}'],
      ['n', 'number', 0, '12345678901234567890'],
    ]);
    expect(jsonChildren(text, nodes[0]?.from ?? -1, 100).nodes.map((node) => node.text)).toEqual(['1', '2.50', '']);
  });

  it('goes on where a page ended', () => {
    const list = `[${Array.from({ length: 10 }, (_, at) => at).join(' , ')}]`;
    const first = jsonChildren(list, 0, 4);
    expect(first.nodes.map((node) => node.text)).toEqual(['0', '1', '2', '3']);
    const second = jsonChildren(list, 0, 4, first.next);
    expect(second.nodes.map((node) => node.text)).toEqual(['4', '5', '6', '7']);
    expect(jsonChildren(list, 0, 4, second.next)).toMatchObject({
      nodes: [{ text: '8' }, { text: '9' }],
      isBroken: false,
    });
  });

  it('opens what breaks off as far as it goes', () => {
    const cut = '{"path": "src/a.ts", "edits": [{"old": "x", "new": "unfinished \\" stri';
    const { nodes, isBroken } = jsonChildren(cut, 0, 100);
    expect(isBroken).toBe(true);
    expect(nodes.map(({ key, isOpen }) => [key, isOpen])).toEqual([
      ['path', false],
      ['edits', true],
    ]);
    const edits = jsonChildren(cut, nodes[1]?.from ?? -1, 100);
    expect(edits.nodes).toMatchObject([{ kind: 'object', isOpen: true, count: 2 }]);
    expect(jsonChildren(cut, edits.nodes[0]?.from ?? -1, 100).nodes.at(-1)).toMatchObject({
      kind: 'string',
      isOpen: true,
    });
  });

  it('tells other texts from JSON', () => {
    expect([
      jsonRoot('[INFO] started'),
      jsonRoot('{ not json }'),
      jsonRoot('word'),
      jsonRoot('[]'),
      jsonRoot('{'),
    ]).toEqual([undefined, undefined, undefined, 0, undefined]);
    expect(jsonNode('tru', 0)).toBeUndefined();
    expect(jsonNode('"ends', 0)).toMatchObject({ kind: 'string', isOpen: true });
    expect(jsonNode('"ends"', 0)).toMatchObject({ kind: 'string', isOpen: false });
  });

  it('reads each character of a large text once', () => {
    const large = `{"first": "${'\\n'.repeat(2_000_000)}", "rows": [${'{"a":1},'.repeat(400_000)}{}]}`;
    const { nodes } = jsonChildren(large, 0, 10);
    expect(nodes.map(({ count, to, from }) => [count, to - from])).toEqual([
      [0, 4_000_002],
      [400_001, 3_200_004],
    ]);
  });
});
