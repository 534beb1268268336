import { classNames } from '../lib/class-names.ts';
import { formatKeys, isMacPlatform, keysText } from '../lib/format-keys.ts';
import styles from './kbd.module.css';

export interface KbdProps {
  /** In the notation of shared/commands.ts, e.g. `$mod+k`. */
  readonly keys: string;
  /** On a coloured button. */
  readonly onAccent?: boolean;
}

/** Key caps. Screen readers get them as one phrase. */
export function Kbd({ keys, onAccent = false }: KbdProps) {
  const isMac = isMacPlatform();
  return (
    <span className={styles.keys}>
      <span className="visually-hidden">{keysText(keys, isMac)}</span>
      {formatKeys(keys, isMac).map((press, index) => (
        <kbd key={index} aria-hidden className={classNames(styles.cap, onAccent && styles.onAccent)}>
          {press.join(isMac ? '' : ' ')}
        </kbd>
      ))}
    </span>
  );
}
