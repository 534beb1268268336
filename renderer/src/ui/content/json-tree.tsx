import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { jsonChildren, jsonNode, jsonRoot, longestScalar } from '../../../../shared/model/json-outline.ts';
import type { JsonChildren, JsonNode } from '../../../../shared/model/json-outline.ts';
import type { CutText } from '../../../../shared/model/text-place.ts';
import { messageOf } from '../../lib/error-message.ts';
import { formatCount, formatQuantity } from '../../lib/format.ts';
import { LinkButton } from '../link.tsx';
import { Clipped } from './clipped.tsx';
import { useReading } from './reading-context.ts';
import type { TextReader } from './reading-context.ts';
import styles from './json-tree.module.css';

/** Children shown at first, and more with each press: so few elements that no value of any size is felt. */
const pageSize = 50;
/** Values that are open at first: as many as a screen holds. */
const openAtFirst = 40;

export interface JsonTreeProps {
  readonly text: string;
  /** Where `text` is only the beginning: the rest is read level by level. */
  readonly cut?: CutText | undefined;
  readonly label: string;
}

interface Source {
  readonly children: (at: number, from: number | undefined) => JsonChildren | Promise<JsonChildren>;
  readonly slice: (from: number, to: number) => string | Promise<string>;
}

/** JSON of any size as a tree: what is opened is read, and nothing else. Keys, numbers and repeated keys are as they were sent. */
export function JsonTree({ text, cut, label }: JsonTreeProps) {
  const { reader } = useReading();
  const source = useMemo(() => sourceOf(text, cut, reader), [text, cut, reader]);
  const root = useMemo(() => {
    const at = jsonRoot(text);
    return at === undefined ? undefined : jsonNode(text, at);
  }, [text]);
  const open = useMemo(() => (root === undefined ? new Set<number>() : firstOpen(text, root)), [text, root]);
  if (root === undefined) return null;
  return (
    <ul className={styles.tree} aria-label={label}>
      <Value
        node={cut === undefined ? root : { ...root, isOpen: false }}
        isCut={cut !== undefined}
        source={source}
        open={open}
      />
    </ul>
  );
}

function sourceOf(text: string, cut: CutText | undefined, reader: TextReader | undefined): Source {
  if (cut === undefined || reader === undefined)
    return {
      children: (at, from) => jsonChildren(text, at, pageSize, from),
      slice: (from, to) => text.slice(from, to),
    };
  return {
    children: (at, from) => reader.json(cut.place, at, pageSize, from),
    slice: (from, to) => (to <= text.length ? text.slice(from, to) : reader.text(cut.place, from, to)),
  };
}

/** The root, and what stands below it, as long as it fits on a screen. */
function firstOpen(text: string, root: JsonNode): ReadonlySet<number> {
  const open = new Set<number>();
  let left = openAtFirst;
  let level: readonly JsonNode[] = [root];
  while (level.length > 0 && left > 0) {
    const next: JsonNode[] = [];
    for (const node of level) {
      if (node.kind !== 'object' && node.kind !== 'array') continue;
      if (node !== root && node.count > left) continue;
      open.add(node.from);
      left -= Math.min(node.count, pageSize);
      next.push(...jsonChildren(text, node.from, pageSize).nodes);
    }
    level = next;
  }
  return open;
}

interface ValueProps {
  readonly node: JsonNode;
  /** Only its beginning is here: how many children it has is not known. */
  readonly isCut?: boolean;
  readonly source: Source;
  readonly open: ReadonlySet<number>;
}

function Value({ node, isCut = false, source, open: openFirst }: ValueProps) {
  const [open, setOpen] = useState(openFirst.has(node.from));
  if (node.kind !== 'object' && node.kind !== 'array')
    return (
      <li className={styles.item}>
        <Key node={node} />
        <Scalar node={node} source={source} />
      </li>
    );
  const [begin, end] = node.kind === 'object' ? ['{', '}'] : ['[', ']'];
  if (node.count === 0 && !isCut && !node.isOpen)
    return (
      <li className={styles.item}>
        <Key node={node} />
        <span className={styles.quiet}>
          {begin}
          {end}
        </span>
      </li>
    );
  const Twisty = open ? ChevronDown : ChevronRight;
  const count = isCut ? '' : formatQuantity(node.count, node.kind === 'object' ? 'key' : 'item');
  return (
    <li className={styles.item}>
      <button type="button" className={styles.toggle} aria-expanded={open} onClick={() => setOpen(!open)}>
        <Twisty aria-hidden />
        <Key node={node} />
        <span className={styles.quiet}>{open ? begin : `${begin}…${end} ${count}`}</span>
      </button>
      {open && <Children node={node} source={source} open={openFirst} />}
      {open && <span className={styles.quiet}>{end}</span>}
    </li>
  );
}

function Key({ node }: { readonly node: JsonNode }): ReactNode {
  if (node.key === undefined) return null;
  return (
    <>
      <span className={styles.key}>{plain(`"${node.key}"`) ?? node.key}</span>
      <span className={styles.quiet}>: </span>
    </>
  );
}

function Children({ node, source, open }: ValueProps) {
  const first = useMemo(() => source.children(node.from, undefined), [source, node.from]);
  const [pages, setPages] = useState<readonly JsonChildren[]>(() => (first instanceof Promise ? [] : [first]));
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    if (!(first instanceof Promise)) return;
    let isWanted = true;
    first.then(
      (page) => isWanted && setPages([page]),
      (error: unknown) => isWanted && setProblem(messageOf(error)),
    );
    return () => {
      isWanted = false;
    };
  }, [first]);
  const last = pages.at(-1);
  const shown = pages.reduce((sum, page) => sum + page.nodes.length, 0);
  const more = async () => {
    try {
      const next = await source.children(node.from, last?.next);
      setPages((before) => [...before, next]);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <ul className={styles.children}>
      {pages.flatMap((page) =>
        page.nodes.map((child) => <Value key={child.from} node={child} source={source} open={open} />),
      )}
      {last?.next !== undefined && (
        <li>
          <LinkButton onClick={() => void more()}>
            … {node.count > shown ? `${formatCount(node.count - shown)} more` : 'more'}
          </LinkButton>
        </li>
      )}
      {last?.isBroken === true && <li className={styles.quiet}>… it breaks off here</li>}
      {problem !== undefined && (
        <li className={styles.problem} role="alert">
          It could not be read: {problem}
        </li>
      )}
    </ul>
  );
}

function Scalar({ node, source }: { readonly node: JsonNode; readonly source: Source }) {
  const [rest, setRest] = useState('');
  const length = node.to - node.from;
  if (node.kind !== 'string')
    return <span className={node.kind === 'number' ? styles.number : styles.word}>{node.text}</span>;
  const text = node.text + rest;
  const more = async () => {
    const from = node.from + text.length;
    const piece = await source.slice(from, Math.min(node.to, from + longestScalar * 50));
    setRest((before) => before + piece);
  };
  const words = plain(text.length < length || node.isOpen ? closed(text) : text);
  return (
    <>
      <span className={styles.string}>
        {words === undefined || !words.includes('\n') ? (
          (words ?? text)
        ) : (
          <Clipped text={words} lines={12} characters={longestScalar * 100}>
            {(shown) => <span className={styles.lines}>{shown}</span>}
          </Clipped>
        )}
      </span>
      {text.length < length && (
        <>
          {' '}
          <LinkButton onClick={() => void more()}>… {formatCount(length - text.length)} more characters</LinkButton>
        </>
      )}
    </>
  );
}

/** The words of a string literal; undefined where it is none. */
function plain(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A literal that was cut, ended where it can be: not in the middle of an escape. */
function closed(text: string): string {
  return `${text.replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, '')}"`;
}
