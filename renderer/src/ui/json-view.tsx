import { useMemo, useState } from 'react';
import { JsonView as Tree } from 'react-json-view-lite';
import { readJsonTree } from './json-tokens.ts';
import { LinkButton } from './link.tsx';
import { LongText } from './long-text.tsx';
import styles from './text.module.css';

/** Our own class names: the library's style sheet is not used. */
const treeStyles = {
  container: styles.tree ?? '',
  childFieldsContainer: styles.treeChildren ?? '',
  basicChildStyle: styles.treeItem ?? '',
  label: styles.key ?? '',
  clickableLabel: styles.treeClickable ?? '',
  nullValue: styles.word ?? '',
  undefinedValue: styles.word ?? '',
  stringValue: styles.string ?? '',
  booleanValue: styles.word ?? '',
  numberValue: styles.number ?? '',
  otherValue: styles.string ?? '',
  punctuation: styles.punctuation ?? '',
  collapseIcon: styles.treeOpen ?? '',
  expandIcon: styles.treeClosed ?? '',
  collapsedContent: styles.treeFolded ?? '',
  noQuotesForStringValues: false,
  quotesForFieldNames: false,
  ariaLables: { collapseJson: 'collapse', expandJson: 'expand' },
};

const openLevels = 3;
/** Shorter JSON is easier to read on its own lines than as a tree. */
const shortJson = 120;

export interface JsonViewProps {
  readonly text: string;
  readonly label: string;
}

/** Arguments and results: a tree when it is JSON of moderate size, else the text as it was sent. */
export function JsonView({ text, label }: JsonViewProps) {
  const read = useMemo(() => readJsonTree(text), [text]);
  const [asSent, setAsSent] = useState(false);
  if (read.kind === 'text') return <LongText text={text} look="code" lines={60} />;
  if (text.length <= shortJson) return <LongText text={text} look="code" colour="json" />;
  return (
    <div className={styles.jsonView}>
      <LinkButton className={styles.switch} onClick={() => setAsSent(!asSent)}>
        {asSent ? 'tree' : 'as sent'}
      </LinkButton>
      {asSent ? (
        <LongText text={text} look="code" colour="json" lines={60} />
      ) : (
        <Tree
          data={read.value}
          style={treeStyles}
          shouldExpandNode={(level) => level < openLevels}
          clickToExpandNode
          aria-label={label}
        />
      )}
    </div>
  );
}
