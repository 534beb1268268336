import type { ListenerState } from '../../backend/command-line.ts';

/** Where spans can be sent, and what is in the way. */
export function listenerText(listener: ListenerState): string {
  if (listener.state === 'off') return '';
  const where =
    listener.state === 'listening'
      ? `${nameOf(listener)} on ${listener.host}:${listener.port ?? '?'}: ${listener.setting ?? ''}`
      : `${nameOf(listener)} is not listening.`;
  return `${where}\n${listener.problem === undefined ? '' : `  ${listener.problem}\n`}`;
}

/** Nothing where all is as it should be: a line for each that listens elsewhere, or nowhere. */
export function problemsOfListeners(listeners: readonly ListenerState[]): string {
  return listeners
    .filter(({ problem }) => problem !== undefined)
    .map((listener) => `retake: ${nameOf(listener)}: ${listener.problem ?? ''}\n`)
    .join('');
}

function nameOf({ protocol }: ListenerState): string {
  return protocol === 'http' ? 'OTLP/HTTP' : 'OTLP/gRPC';
}
