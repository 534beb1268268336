import { runLocation } from '../../../shared/location.ts';
import { showToast } from '../lib/toasts.ts';
import { endWords, whenTakeBegins } from './live-takes.ts';
import { navigate } from './location-store.ts';
import { whileWorking } from './work-in-progress.ts';

/** Opens the run of the first of these takes as soon as there is one; false where it ended without. */
export async function openFirstTake(takeIds: readonly string[]): Promise<boolean> {
  const [first] = takeIds;
  if (first === undefined) return false;
  const take = await whileWorking('take begins', whenTakeBegins(first));
  if (take.runId === undefined) {
    showToast({
      tone: 'error',
      title: take.kind === 'record' ? 'Nothing was recorded' : 'The take did not start',
      text: endWords(take),
    });
    return false;
  }
  navigate(runLocation(take.runId));
  return true;
}
