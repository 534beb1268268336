import { TriangleAlert, Unplug } from 'lucide-react';
import { useNow } from '../../lib/use-now.ts';
import { useConnectionState } from '../../session/backend-client.ts';
import { useInfo } from '../../session/queries.ts';
import { Strip } from '../../ui/callout.tsx';
import styles from './problem-banner.module.css';

/** A reconnect that takes less is not worth a word. */
const patienceMs = 1_000;
const longMs = 20_000;

/** What stands in the way, and what to do: the backend is gone, the disk is full, the library is locked. */
export function ProblemBanner() {
  const connection = useConnectionState();
  const { data: info } = useInfo();
  const isReconnecting = connection.state === 'reconnecting';
  const now = useNow(500, isReconnecting);

  if (isReconnecting && now - connection.since > patienceMs) {
    return (
      <Strip as="div" tone="warn" role="alert" data-testid="problem-banner">
        <Unplug aria-hidden className={styles.icon} />
        <p>
          <b>The backend is gone.</b> Reconnecting; nothing that was received is lost.
          {now - connection.since > longMs && ' If this stays: close Retake and start it again.'}
        </p>
      </Strip>
    );
  }
  if (connection.state === 'open' && info?.problem !== undefined) {
    return (
      <Strip as="div" tone="warn" role="alert" data-testid="problem-banner">
        <TriangleAlert aria-hidden className={styles.icon} />
        <p>{info.problem}</p>
      </Strip>
    );
  }
  return null;
}
