import { ORPCError } from '@orpc/client';
import { homeLocation } from '../../../../shared/location.ts';
import { messageOf } from '../../lib/error-message.ts';
import { navigate } from '../../session/location-store.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';

/** In place of a run that cannot be shown. */
export function RunProblem({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  if (error instanceof ORPCError && error.code === 'NOT_FOUND') {
    return (
      <EmptyState
        title="This run is not in the library"
        action={<Button onClick={() => navigate(homeLocation)}>Show all runs</Button>}
      >
        The link is from another library, or the run has not been imported here yet.
      </EmptyState>
    );
  }
  return (
    <EmptyState tone="error" title="The run could not be read" action={<Button onClick={onRetry}>Try again</Button>}>
      {messageOf(error)}
    </EmptyState>
  );
}
