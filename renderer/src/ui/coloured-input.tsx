import { useLayoutEffect, useRef } from 'react';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './coloured-input.module.css';

export interface InputSegment {
  readonly text: string;
  readonly looks: 'field' | 'text' | 'wrong' | 'space';
}

/** Around a text input of its class `colouredText`: what is typed is shown in colours, a wrong part also underlined. */
export function ColouredInput({
  segments,
  children,
}: {
  readonly segments: readonly InputSegment[];
  readonly children: ReactNode;
}) {
  const box = useRef<HTMLSpanElement>(null);
  const mirror = useRef<HTMLSpanElement>(null);
  const follow = () => {
    const input = box.current?.querySelector('input');
    if (input && mirror.current) mirror.current.scrollLeft = input.scrollLeft;
  };
  useLayoutEffect(follow, [segments]);
  return (
    <span className={styles.box} ref={box} onScrollCapture={follow} onKeyUp={follow} onPointerUp={follow}>
      <span className={styles.mirror} ref={mirror} aria-hidden>
        {segments.map(({ text, looks }, at) => (
          <span key={at} className={classNames(looks === 'field' && styles.field, looks === 'wrong' && styles.wrong)}>
            {text}
          </span>
        ))}
      </span>
      {children}
    </span>
  );
}

/** Of the input: its own text is not seen, its caret and its selection are. */
export const colouredText = styles.input ?? '';
