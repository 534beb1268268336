import { formatLocation, parseLocation } from './location.ts';
import type { Location } from './location.ts';

/** Links that the system hands to Retake, whoever wrote them. */
export const deepLinkScheme = 'retake';

/** `#/run/<id>?step=10` as `retake://run/<id>?step=10`: it opens the same place in whatever library Retake has open. */
export function deepLinkOf(location: Location): string {
  return `${deepLinkScheme}://${formatLocation(location).replace(/^#\//, '')}`;
}

export function isDeepLink(text: string): boolean {
  return text.toLowerCase().startsWith(`${deepLinkScheme}://`);
}

/**
 * The place as a hash of location.ts. A link can only navigate: it passes the location's schema, and anything that does not fit
 * leads to the list of runs. Undefined when there is no link.
 */
export function hashOfLink(link: string | undefined): string | undefined {
  if (link === undefined || !isDeepLink(link)) return undefined;
  return formatLocation(parseLocation(link.slice(deepLinkScheme.length + 3).replace(/\/(?=\?|$)/, '')));
}
