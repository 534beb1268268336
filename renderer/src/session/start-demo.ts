import { messageOf } from '../lib/error-message.ts';
import { showToast } from '../lib/toasts.ts';
import { backend } from './backend-client.ts';
import { openFirstTake } from './open-take.ts';
import { whileWorking } from './work-in-progress.ts';

let starting: Promise<void> | undefined;

/** Records the bundled agent on the bundled model and opens its run. One at a time: a second press joins the first. */
export function startDemo(): Promise<void> {
  starting ??= record().finally(() => {
    starting = undefined;
  });
  return starting;
}

async function record(): Promise<void> {
  try {
    const { takeIds } = await whileWorking('demo', backend.samples.startDemo());
    await openFirstTake(takeIds);
  } catch (error) {
    showToast({ tone: 'error', title: 'The demo could not be started', text: messageOf(error) });
  }
}
