import { useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { jsonChildren, jsonRoot } from '../../../../shared/model/json-outline.ts';
import { formatQuantity } from '../../lib/format.ts';
import { LinkButton } from '../link.tsx';
import styles from './content.module.css';

const mostRows = 200;
const mostColumns = 12;
const mostCharacters = 200_000;

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | undefined)[])[];
}

/** What is a list of like records can also be read as a table. The tree is what is shown at first. */
export function JsonTable({
  text,
  label,
  children,
}: {
  readonly text: string | undefined;
  readonly label: string;
  readonly children: ReactNode;
}) {
  const table = useMemo(() => (text === undefined ? undefined : tableOf(text)), [text]);
  const [asTable, setAsTable] = useState(false);
  if (table === undefined) return children;
  return (
    <>
      <LinkButton className={styles.more} onClick={() => setAsTable(!asTable)}>
        {asTable ? 'as a tree' : `as a table of ${formatQuantity(table.rows.length, 'row')}`}
      </LinkButton>
      {asTable ? (
        // Focusable, so that a wide table can be scrolled with the keyboard.
        <div className={styles.wide} tabIndex={0} role="region" aria-label={`${label}, table`}>
          <table>
            <thead>
              <tr>
                {table.columns.map((column) => (
                  <th key={column}>{column}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row, at) => (
                <tr key={at}>
                  {row.map((cell, column) => (
                    <td key={table.columns[column]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        children
      )}
    </>
  );
}

/** At least two objects of scalars that share a key; undefined for anything else, and for what would be too large. */
export function tableOf(text: string): Table | undefined {
  if (text.length > mostCharacters) return undefined;
  const root = jsonRoot(text);
  if (root === undefined || text[root] !== '[') return undefined;
  const { nodes, next, isBroken } = jsonChildren(text, root, mostRows);
  if (nodes.length < 2 || next !== undefined || isBroken) return undefined;
  const columns: string[] = [];
  const records: ReadonlyMap<string, string>[] = [];
  for (const node of nodes) {
    if (node.kind !== 'object') return undefined;
    const fields = jsonChildren(text, node.from, mostColumns + 1).nodes;
    const record = new Map<string, string>();
    for (const { key = '', kind, text: value } of fields) {
      if (kind === 'object' || kind === 'array') return undefined;
      record.set(key, kind === 'string' ? wordsOf(value) : value);
      if (!columns.includes(key)) columns.push(key);
    }
    records.push(record);
  }
  if (columns.length === 0 || columns.length > mostColumns) return undefined;
  return { columns, rows: records.map((record) => columns.map((column) => record.get(column))) };
}

function wordsOf(literal: string): string {
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}
