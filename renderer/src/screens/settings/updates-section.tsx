import { windowBridge } from '../../session/globals.ts';
import { setUpdatesAtStart, useUpdatesAtStart } from '../../session/updates.ts';
import { Button } from '../../ui/button.tsx';
import { Section } from './section.tsx';
import styles from './settings-screen.module.css';

/** In the desktop window only: a browser shows what its server is. */
export function UpdatesSection() {
  const atStart = useUpdatesAtStart();
  const bridge = windowBridge();
  if (bridge === undefined) return null;
  return (
    <Section
      title="Updates"
      text="Retake connects to nothing by itself. It looks for a newer version when you ask, or at each start once you have turned that on, and downloads it when you say so."
      action={<Button onClick={() => bridge.lookForUpdates()}>Look now</Button>}
    >
      <label className={styles.choice}>
        <input type="checkbox" checked={atStart} onChange={(event) => setUpdatesAtStart(event.target.checked)} />
        Look for a newer version when Retake starts
      </label>
    </Section>
  );
}
