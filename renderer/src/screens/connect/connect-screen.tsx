import { connectLocation } from '../../../../shared/location.ts';
import type { LocationOf } from '../../../../shared/location.ts';
import { navigate } from '../../session/location-store.ts';
import { ConnectPanel } from './connect-panel.tsx';
import { SessionFolders } from './session-folders.tsx';
import styles from './connect-screen.module.css';

export function ConnectScreen({ location }: { readonly location: LocationOf<'connect'> }) {
  return (
    <div className={styles.screen}>
      <div className={styles.column}>
        <ConnectPanel
          level={1}
          initialClient={location.client}
          onClient={(id) => navigate(connectLocation(id), { replace: true })}
        />
      </div>
      <div className={styles.column}>
        <SessionFolders />
      </div>
    </div>
  );
}
