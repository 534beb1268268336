import { runLocation } from '../../../shared/location.ts';
import { messageOf } from '../lib/error-message.ts';
import { showToast } from '../lib/toasts.ts';
import { navigate } from './location-store.ts';
import { useSendTestSpan } from './queries.ts';

export interface TestSpan {
  readonly send: () => void;
  readonly isSending: boolean;
}

/** Sends one span through the listening port, as a client would, and offers the run it made. */
export function useTestSpan(): TestSpan {
  const { mutate, isPending } = useSendTestSpan();
  return {
    isSending: isPending,
    send: () =>
      mutate(undefined, {
        onSuccess: ({ runId }) =>
          showToast({
            title: 'The test span arrived',
            text: 'The receiver took it and it is in the library.',
            action: { label: 'Open', run: () => navigate(runLocation(runId)) },
          }),
        onError: (error) => showToast({ tone: 'error', title: 'The test span did not arrive', text: messageOf(error) }),
      }),
  };
}
