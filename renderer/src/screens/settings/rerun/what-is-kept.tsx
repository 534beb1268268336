import { keyMark } from '../../../../../shared/model/key-mark.ts';
import { Part } from './part.tsx';
import styles from './rerun-settings.module.css';

/** What the gateway writes down (electron/backend/executor: launch-record.ts, gateway/secrets.ts). */
export function WhatIsKept() {
  return (
    <Part
      title="What a recording keeps"
      text="Everything stays on this machine, in the library. Calls go to the provider that the agent asks, or that you name, and nowhere else."
    >
      <dl className={styles.facts}>
        <dt>Kept</dt>
        <dd>
          What the agent sent to the model and what came back; its command and folder; the names of the variables that
          were set for it, not their values; the commit and a digest of uncommitted changes.
        </dd>
        <dt>Never</dt>
        <dd>
          Keys. Headers that carry one are not written. A key of the environment, of a request or of the keychain, and
          any text of the known form of one, is replaced by “{keyMark}” before anything is stored.
        </dd>
        <dt>Mind</dt>
        <dd>Whatever else stands in prompts and tool results is kept as it is, and goes out with an export.</dd>
      </dl>
    </Part>
  );
}
