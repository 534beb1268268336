import { useEffect } from 'react';
import type { RefObject } from 'react';
import type { TextFinder, TextRange } from '../../../shared/model/find-text.ts';

/** The name under which base.css gives what was found its look. */
const highlightName = 'retake-found';
/** Characters looked through, and places marked, so that a huge pane is no long task. */
const mostCharacters = 300_000;
const mostPlaces = 500;
const blocks = 'p,div,li,td,th,pre,article,header,section,h1,h2,h3,h4,button,dt,dd,summary';

/** Marks what is found in an element, also in what it draws later, and shows the first of it once for each `what`. */
export function useFoundHighlight(
  element: RefObject<HTMLElement | null>,
  find: TextFinder | undefined,
  what: string,
): void {
  useEffect(() => {
    const root = element.current;
    if (find === undefined || root === null || !('highlights' in CSS)) return undefined;
    let isShown = false;
    let frame = 0;
    const mark = () => {
      frame = 0;
      const ranges = foundIn(root, find);
      CSS.highlights.set(highlightName, new Highlight(...ranges));
      const [first] = ranges;
      if (isShown || first === undefined) return;
      isShown = true;
      first.startContainer.parentElement?.scrollIntoView({ block: 'center' });
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(mark);
    };
    later();
    const observer = new MutationObserver(later);
    observer.observe(root, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame);
      CSS.highlights.delete(highlightName);
    };
  }, [element, find, what]);
}

/** Words that colours cut into several nodes are found too; those of two paragraphs are not one word. */
function foundIn(root: HTMLElement, find: TextFinder): Range[] {
  const nodes: { readonly node: Text; readonly start: number }[] = [];
  let text = '';
  let before: Element | null = null;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && text.length < mostCharacters; node = walker.nextNode()) {
    const block: Element | null = node.parentElement?.closest(blocks) ?? null;
    if (block !== before && text !== '') text += '\n';
    before = block;
    nodes.push({ node: node as Text, start: text.length });
    text += (node as Text).data;
  }
  return find(text, mostPlaces).flatMap((range) => rangeOf(nodes, range) ?? []);
}

function rangeOf(
  nodes: readonly { readonly node: Text; readonly start: number }[],
  [from, to]: TextRange,
): Range | undefined {
  const first = nodes.findLast(({ start }) => start <= from);
  const last = nodes.findLast(({ start }) => start < to);
  if (first === undefined || last === undefined) return undefined;
  const range = document.createRange();
  range.setStart(first.node, Math.min(from - first.start, first.node.length));
  range.setEnd(last.node, Math.min(to - last.start, last.node.length));
  return range;
}
