import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import '../ui/tokens.css';
import '../ui/base.css';
import '../ui/composed.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startBackendConnection } from '../session/backend-client.ts';
import { listenForKeys } from '../session/commands.ts';
import { exposeIdle } from '../session/idle.ts';
import { followChanges } from '../session/live-changes.ts';
import { followTakes } from '../session/live-takes.ts';
import { queryClient } from '../session/queries.ts';
import { applyTheme } from '../session/theme.ts';
import { moveTokenToSession } from '../session/token.ts';
import { applyUpdatesAtStart } from '../session/updates.ts';
import { App } from './app.tsx';

moveTokenToSession();
applyTheme();
applyUpdatesAtStart();
exposeIdle();
startBackendConnection();
followChanges();
followTakes();
listenForKeys(window);

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root.');
createRoot(root).render(
  <StrictMode>
    {/* The content security policy has no 'unsafe-inline': the primitives must not add <style> elements. */}
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
