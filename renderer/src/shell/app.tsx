import { Compass, Unplug } from 'lucide-react';
import { useEffect } from 'react';
import { homeLocation } from '../../../shared/location.ts';
import type { Location } from '../../../shared/location.ts';
import { useShownCurrency } from '../lib/currency.ts';
import { useConnectionState } from '../session/backend-client.ts';
import { windowBridge } from '../session/globals.ts';
import { whenImportFinishes } from '../session/imports/import-store.ts';
import { navigate, useLocation } from '../session/location-store.ts';
import { useSettings } from '../session/queries.ts';
import { useTitle } from '../session/window-title.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ToastArea } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { AppCommands } from './app-commands.tsx';
import { followMenu } from './desktop-menu.ts';
import { BudgetNotices } from './frame/budget-notices.tsx';
import { ProblemBanner } from './frame/problem-banner.tsx';
import { Rail } from './frame/rail.tsx';
import { ScreenBoundary } from './frame/screen-boundary.tsx';
import { StatusBar } from './frame/status-bar.tsx';
import { TitleBar } from './frame/title-bar.tsx';
import { DropAndPaste } from './imports/drop-and-paste.tsx';
import { ImportProgress } from './imports/import-progress.tsx';
import { ImportReport } from './imports/import-report.tsx';
import { presentImport } from './imports/present-import.ts';
import type { PlaceScreen } from './screen.tsx';
import { screenOf } from './screens.tsx';
import styles from './app.module.css';

const tooltipDelayMs = 450;

export function App() {
  const location = useLocation();
  // Asked for by every window at once: it says in what money is shown.
  useSettings();
  const currency = useShownCurrency();
  useEffect(() => {
    whenImportFinishes(presentImport);
    const bridge = windowBridge();
    return bridge === undefined ? undefined : followMenu(bridge);
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
              <ScreenBoundary key={`${location.screen} ${JSON.stringify(currency)}`}>
                <ShownScreen location={location} />
              </ScreenBoundary>
            </main>
          </div>
          <StatusBar />
        </div>
        <AppCommands />
        <BudgetNotices />
        <DropAndPaste />
        <ImportProgress />
        <ImportReport />
      </TooltipProvider>
    </ToastArea>
  );
}

function ShownScreen({ location }: { readonly location: Location }) {
  const connection = useConnectionState();
  if (connection.state === 'refused') {
    return (
      <EmptyState tone="error" icon={<Unplug />} title="Not connected">
        {connection.advice}
      </EmptyState>
    );
  }
  const screen = screenOf(location);
  if (screen === undefined) {
    return (
      <EmptyState
        icon={<Compass />}
        title="This version has no such screen"
        action={<Button onClick={() => navigate(homeLocation)}>Back to the runs</Button>}
      >
        The link was made by another version of Retake.
      </EmptyState>
    );
  }
  return (
    <>
      {/* Before the screen: what that says of what it shows comes later, and holds. */}
      <Title screen={screen} />
      {screen.show(location)}
    </>
  );
}

function Title({ screen }: { readonly screen: PlaceScreen }) {
  useTitle(screen.title);
  return null;
}
