import { compareLocation } from '../../../shared/location.ts';
import { messageOf } from '../lib/error-message.ts';
import { showToast } from '../lib/toasts.ts';
import { backend } from './backend-client.ts';
import { navigate } from './location-store.ts';
import { whileWorking } from './work-in-progress.ts';

/** Opens the comparison of a run with its parent take, else with the previous run of its agent; says so when there is none. */
export async function compareWithPrevious(runId: string): Promise<void> {
  try {
    const previous = await whileWorking('previous run', backend.compare.previousRun({ runId }));
    if (previous.runId === undefined) {
      showToast({
        title: 'Nothing to compare with',
        text: 'This library has no earlier run of this agent or of this name. Select any two runs in the list and press C.',
      });
      return;
    }
    navigate(compareLocation([previous.runId, runId]));
  } catch (error) {
    showToast({
      title: 'The previous run was not found',
      text: messageOf(error),
      tone: 'error',
      action: { label: 'Try again', run: () => void compareWithPrevious(runId) },
    });
  }
}
