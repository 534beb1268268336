import { useSyncExternalStore } from 'react';
import { formatLocation, homeLocation, parseLocation } from '../../../shared/location.ts';
import type { Location } from '../../../shared/location.ts';

/**
 * Where the window is, kept in the address bar's hash: back, forward, reload and a copied link all work by themselves.
 * shared/location.ts is the schema.
 */
let hash: string | undefined;
let location: Location = homeLocation;

/** The location now. The same object until the hash changes. */
export function currentLocation(): Location {
  if (hash !== window.location.hash) {
    hash = window.location.hash;
    location = parseLocation(hash);
  }
  return location;
}

const listeners = new Set<() => void>();

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    window.addEventListener('hashchange', announce);
    window.addEventListener('popstate', announce);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.removeEventListener('hashchange', announce);
    window.removeEventListener('popstate', announce);
  };
}

export function useLocation(): Location {
  return useSyncExternalStore(subscribe, currentLocation);
}

export interface NavigateOptions {
  /** Do not add a step to the history: for typing in a filter, or moving the selection. */
  readonly replace?: boolean;
}

export function navigate(target: Location, options: NavigateOptions = {}): void {
  navigateToHash(formatLocation(target), options);
}

/** For hashes from outside (the command line, a second instance): what does not fit the schema leads home. */
export function navigateToHash(target: string, options: NavigateOptions = {}): void {
  const next = formatLocation(parseLocation(target));
  if (next === window.location.hash) return;
  if (options.replace === true) window.history.replaceState(null, '', next);
  else window.history.pushState(null, '', next);
  announce();
}

/** For `href`: a link that can also be copied or opened in another tab. */
export function hrefOf(target: Location): string {
  return formatLocation(target);
}

export function goBack(): void {
  window.history.back();
}

export function goForward(): void {
  window.history.forward();
}
