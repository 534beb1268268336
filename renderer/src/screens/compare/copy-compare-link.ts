import type { Location } from '../../../../shared/location.ts';
import { messageOf } from '../../lib/error-message.ts';
import { showToast } from '../../lib/toasts.ts';
import { hrefOf } from '../../session/location-store.ts';

export async function copyCompareLink(location: Location): Promise<void> {
  try {
    await navigator.clipboard.writeText(`${globalThis.location.href.split('#', 1)[0] ?? ''}${hrefOf(location)}`);
    showToast({ title: 'Link copied', text: 'It opens this place in this library.' });
  } catch (error) {
    showToast({ title: 'The link was not copied', text: messageOf(error), tone: 'error' });
  }
}
