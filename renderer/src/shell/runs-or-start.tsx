import type { LocationOf } from '../../../shared/location.ts';
import { ConnectPanel } from '../screens/connect/connect-panel.tsx';
import { RunsScreen } from '../screens/runs/runs-screen.tsx';
import { StartScreen } from '../screens/start/start-screen.tsx';
import { useInfo } from '../session/queries.ts';

/** An empty library has nothing to list: the ways to fill it are shown instead. */
export function RunsOrStart({ location }: { readonly location: LocationOf<'runs'> }) {
  const { data: info } = useInfo();
  // The first `info` decides between two very different screens: neither may flash.
  if (info === undefined) return null;
  return info.runs === 0 ? <StartScreen connectPanel={<ConnectPanel />} /> : <RunsScreen location={location} />;
}
