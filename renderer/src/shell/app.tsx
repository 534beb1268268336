import { Compass, Unplug } from 'lucide-react';
import { useEffect } from 'react';
import { homeLocation } from '../../../shared/location.ts';
import type { Location, LocationOf } from '../../../shared/location.ts';
import { CompareScreen } from '../screens/compare/compare-screen.tsx';
import { ConnectPanel } from '../screens/connect/connect-panel.tsx';
import { ConnectScreen } from '../screens/connect/connect-screen.tsx';
import { RunScreen } from '../screens/run/run-screen.tsx';
import { RunsScreen } from '../screens/runs/runs-screen.tsx';
import { SettingsScreen } from '../screens/settings/settings-screen.tsx';
import { StartScreen } from '../screens/start/start-screen.tsx';
import { useConnectionState } from '../session/backend-client.ts';
import { runCommand } from '../session/commands.ts';
import { windowBridge } from '../session/globals.ts';
import { whenImportFinishes } from '../session/imports/import-store.ts';
import { navigate, useLocation } from '../session/location-store.ts';
import { useInfo } from '../session/queries.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ToastArea } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { AppCommands } from './app-commands.tsx';
import { ProblemBanner } from './frame/problem-banner.tsx';
import { Rail } from './frame/rail.tsx';
import { ScreenBoundary } from './frame/screen-boundary.tsx';
import { StatusBar } from './frame/status-bar.tsx';
import { TitleBar } from './frame/title-bar.tsx';
import { DropAndPaste } from './imports/drop-and-paste.tsx';
import { ImportProgress } from './imports/import-progress.tsx';
import { ImportReport } from './imports/import-report.tsx';
import { presentImport } from './imports/present-import.ts';
import styles from './app.module.css';

const tooltipDelayMs = 450;

export function App() {
  const location = useLocation();
  useEffect(() => {
    whenImportFinishes(presentImport);
    return windowBridge()?.onMenuCommand(runCommand);
  }, []);

  return (
    <ToastArea>
      <TooltipProvider delay={tooltipDelayMs}>
        <div className={styles.window}>
          <TitleBar />
          <ProblemBanner />
          <div className={styles.middle}>
            <Rail screen={location.screen} />
            <main className={styles.screen} id="screen" data-screen={location.screen}>
              <ScreenBoundary key={location.screen}>
                <Screen location={location} />
              </ScreenBoundary>
            </main>
          </div>
          <StatusBar />
        </div>
        <AppCommands />
        <DropAndPaste />
        <ImportProgress />
        <ImportReport />
      </TooltipProvider>
    </ToastArea>
  );
}

function Screen({ location }: { readonly location: Location }) {
  const connection = useConnectionState();
  if (connection.state === 'refused') {
    return (
      <EmptyState tone="error" icon={<Unplug />} title="Not connected">
        {connection.advice}
      </EmptyState>
    );
  }
  switch (location.screen) {
    case 'runs':
      return <RunsOrStart location={location} />;
    case 'run':
      return <RunScreen location={location} />;
    case 'connect':
      return <ConnectScreen client={location.client} />;
    case 'settings':
      return <SettingsScreen />;
    case 'compare':
      return <CompareScreen location={location} />;
    case 'costs':
      return (
        <EmptyState
          icon={<Compass />}
          title="This version has no such screen"
          action={<Button onClick={() => navigate(homeLocation)}>Back to the runs</Button>}
        >
          The link was made by another version of Retake.
        </EmptyState>
      );
    default:
      return location satisfies never;
  }
}

/** An empty library has nothing to list: the ways to fill it are shown instead. */
function RunsOrStart({ location }: { readonly location: LocationOf<'runs'> }) {
  const { data: info } = useInfo();
  useEffect(() => {
    document.title = 'Retake';
  }, []);
  // The first `info` decides between two very different screens: neither may flash.
  if (info === undefined) return null;
  return info.runs === 0 ? <StartScreen connectPanel={<ConnectPanel />} /> : <RunsScreen location={location} />;
}
