import { useMutation, useQuery } from '@tanstack/react-query';
import type { RerunSettings } from '../../../../../shared/model/take.ts';
import { messageOf } from '../../../lib/error-message.ts';
import { showToast } from '../../../lib/toasts.ts';
import { backend } from '../../../session/backend-client.ts';
import { queryClient, queryKeys } from '../../../session/queries.ts';

const keysKey = [...queryKeys.settings, 'keys'];

/** Changes the settings of re-run as they are at that moment: a take may have added a rule since the window read them. */
export function useChangeRerun() {
  return useMutation({
    async mutationFn(change: (rerun: RerunSettings) => RerunSettings) {
      const now = await backend.settings.get();
      return backend.settings.update({ ...now, rerun: change(now.rerun) });
    },
    onSuccess(saved) {
      queryClient.setQueryData(queryKeys.settings, saved);
      void queryClient.invalidateQueries({ queryKey: keysKey });
    },
    onError: (error) => showToast({ tone: 'error', title: 'The settings were not saved', text: messageOf(error) }),
  });
}

/** Where keys were found, and whether any can be kept. No key is ever part of it. */
export function useKeys() {
  return useQuery({ queryKey: keysKey, queryFn: ({ signal }) => backend.settings.keys.list(undefined, { signal }) });
}

export async function setKey(providerId: string, key: string): Promise<void> {
  await backend.settings.keys.set({ providerId, key });
  await queryClient.invalidateQueries({ queryKey: keysKey });
}

/** Says so in the window where it could not be removed. */
export async function removeKey(providerId: string): Promise<void> {
  try {
    await backend.settings.keys.remove({ providerId });
  } catch (error) {
    showToast({ tone: 'error', title: 'The key was not removed', text: messageOf(error) });
  }
  await queryClient.invalidateQueries({ queryKey: keysKey });
}
