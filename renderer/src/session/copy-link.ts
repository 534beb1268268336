import { deepLinkOf } from '../../../shared/deep-link.ts';
import type { Location } from '../../../shared/location.ts';
import { messageOf } from '../lib/error-message.ts';
import { showToast } from '../lib/toasts.ts';
import { windowBridge } from './globals.ts';
import { hrefOf } from './location-store.ts';

/** A link to a place, for this library: `retake://…` from the desktop window, whose own address opens nowhere else; a browser's has its host. */
export async function copyLink(location: Location, what = 'this place'): Promise<void> {
  const page = globalThis.location.href.split('#', 1)[0] ?? '';
  const link = windowBridge() === undefined ? `${page}${hrefOf(location)}` : deepLinkOf(location);
  try {
    await navigator.clipboard.writeText(link);
    showToast({ title: 'Link copied', text: `It opens ${what} in this library.` });
  } catch (error) {
    showToast({ title: 'The link was not copied', text: messageOf(error), tone: 'error' });
  }
}
