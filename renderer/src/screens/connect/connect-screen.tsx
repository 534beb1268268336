import { useEffect } from 'react';
import { connectLocation } from '../../../../shared/location.ts';
import { navigate } from '../../session/location-store.ts';
import { ConnectPanel } from './connect-panel.tsx';
import styles from './connect-screen.module.css';

export function ConnectScreen({ client }: { readonly client: string | undefined }) {
  useEffect(() => {
    document.title = 'Connect · Retake';
  }, []);
  return (
    <div className={styles.screen}>
      <div className={styles.column}>
        <ConnectPanel
          level={1}
          initialClient={client}
          onClient={(id) => navigate(connectLocation(id), { replace: true })}
        />
      </div>
    </div>
  );
}
