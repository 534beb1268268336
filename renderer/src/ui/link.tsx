import type { ButtonHTMLAttributes } from 'react';
import { classNames } from '../lib/class-names.ts';
import styles from './link.module.css';

export interface LinkButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** text: inside a sentence, underlined, as large as its text. small: stands alone, underlined when pointed at. */
  readonly look?: 'text' | 'small';
}

/** A button that reads as a link: it leads to another place of the window, or changes a word's worth of what is shown. */
export function LinkButton({ look = 'small', className, ...attributes }: LinkButtonProps) {
  return <button type="button" {...attributes} className={classNames(styles.link, styles[look], className)} />;
}
