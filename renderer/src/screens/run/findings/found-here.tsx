import { Lightbulb } from 'lucide-react';
import { Kbd } from '../../../ui/kbd.tsx';
import { markWords } from './finding-marks.ts';
import type { FindingMark } from './finding-marks.ts';
import styles from './findings.module.css';

/** What was found at the selected step, in words, for those who walk by keys. */
export function FoundHere({ mark, onOpen }: { readonly mark: FindingMark; readonly onOpen: (at: number) => void }) {
  const words = markWords(mark);
  return (
    <button type="button" className={styles.here} title={words} onClick={() => onOpen(mark.finding)}>
      <Lightbulb aria-hidden />
      <span className={styles.hereWords}>{words}</span>
      <Kbd keys="Enter" />
    </button>
  );
}
