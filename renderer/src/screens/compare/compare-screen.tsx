import { useState } from 'react';
import type { LocationOf } from '../../../../shared/location.ts';
import { compareLocation } from '../../../../shared/location.ts';
import { navigate } from '../../session/location-store.ts';
import { ChooseRuns } from './choose-runs.tsx';
import { MatrixScreen } from './matrix-screen.tsx';
import { PairScreen } from './pair-screen.tsx';
import styles from './compare-screen.module.css';

/** Two runs side by side, more in a matrix; with fewer in the address they are chosen first. */
export function CompareScreen({ location }: { readonly location: LocationOf<'compare'> }) {
  const { runIds } = location;
  const [choosing, setChoosing] = useState<LocationOf<'compare'>>();
  // Chosen for the runs that were open: another address (back, a link) is another comparison.
  const isChoosing = runIds.length < 2 || choosing === location;
  const choose = () => setChoosing(location);
  const [a, b] = runIds;
  return (
    <div className={styles.screen}>
      {isChoosing || a === undefined || b === undefined ? (
        <ChooseRuns
          key={JSON.stringify(runIds)}
          initial={runIds}
          onCompare={(chosen) => {
            setChoosing(undefined);
            navigate(compareLocation(chosen));
          }}
          onCancel={runIds.length < 2 ? undefined : () => setChoosing(undefined)}
        />
      ) : runIds.length === 2 ? (
        <PairScreen key={`${a} ${b}`} location={location} a={a} b={b} onChoose={choose} />
      ) : (
        <MatrixScreen location={location} onChoose={choose} />
      )}
    </div>
  );
}
