import { useMemo } from 'react';
import { jsonRoot } from '../../../shared/model/json-outline.ts';
import type { CutText } from '../../../shared/model/text-place.ts';
import { JsonTree } from './content/json-tree.tsx';
import { LongText } from './long-text.tsx';

/** Shorter JSON is easier to read on its own lines than as a tree. */
const shortJson = 120;

export interface JsonViewProps {
  readonly text: string;
  /** Where `text` is only the beginning of what there is. */
  readonly cut?: CutText | undefined;
  readonly label: string;
}

/** Arguments and results: a tree when it is JSON, else the text as it was sent. */
export function JsonView({ text, cut, label }: JsonViewProps) {
  const isJson = useMemo(() => jsonRoot(text) !== undefined, [text]);
  if (!isJson) return <LongText text={text} cut={cut} look="code" lines={60} />;
  if (text.length <= shortJson) return <LongText text={text} look="code" colour="json" />;
  return <JsonTree text={text} cut={cut} label={label} />;
}
