import type { Session } from 'electron';
import { appOrigin } from './app-protocol.ts';

/** Copying text, and notices outside of the window; nothing else: Electron allows everything that no handler denies. */
export function isPermitted(permission: string, requestingOrigin: string): boolean {
  return (
    (permission === 'clipboard-sanitized-write' || permission === 'notifications') &&
    requestingOrigin.replace(/\/$/, '') === appOrigin
  );
}

/** Both handlers are needed: most web APIs check first and only then ask. */
export function restrictPermissions(session: Session): void {
  session.setPermissionCheckHandler((_contents, permission, requestingOrigin) =>
    isPermitted(permission, requestingOrigin),
  );
  session.setPermissionRequestHandler((contents, permission, decide) =>
    decide(isPermitted(permission, originOf(contents.getURL()))),
  );
}

function originOf(text: string): string {
  const url = URL.parse(text);
  return url === null ? '' : `${url.protocol}//${url.host}`;
}
