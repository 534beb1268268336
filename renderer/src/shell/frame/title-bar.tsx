import { Search } from 'lucide-react';
import { classNames } from '../../lib/class-names.ts';
import { runCommand } from '../../session/commands.ts';
import { windowBridge } from '../../session/globals.ts';
import { Kbd } from '../../ui/kbd.tsx';
import { Listening } from './listening.tsx';
import styles from './title-bar.module.css';

/** Name, search, and whether spans can be sent here. On a Mac the window's buttons lie in its left corner. */
export function TitleBar() {
  return (
    <header className={classNames(styles.bar, windowBridge()?.platform === 'darwin' && styles.withWindowButtons)}>
      <span className={styles.name}>Retake</span>
      <button type="button" className={styles.search} onClick={() => runCommand('palette.open')} aria-haspopup="dialog">
        <Search aria-hidden />
        <span className={styles.placeholder}>Search runs, steps, messages…</span>
        <Kbd keys="$mod+k" />
      </button>
      <div className={styles.end}>
        <Listening />
      </div>
    </header>
  );
}
