import { BadRequest, LibraryUnavailable, NotFound, Refused, WorkerDied } from '../base/faults.ts';
import { isGivenAway } from '../base/given-bytes.ts';

/**
 * What crosses between the backend's threads, on top of the structured clone that worker_threads does:
 * errors keep their class (a clone turns every subclass into a bare Error), and big buffers move instead of being copied.
 */

interface WireError {
  readonly wire: 'error';
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** For birpc's `serialize`: replaces an error in a response by a plain record. */
export function toWire(message: unknown): unknown {
  if (!isRecord(message) || !(message['e'] instanceof Error)) return message;
  return { ...message, e: errorToWire(message['e']) };
}

/** For birpc's `deserialize`: the counterpart of `toWire`. */
export function fromWire(message: unknown): unknown {
  if (!isRecord(message) || !isWireError(message['e'])) return message;
  return { ...message, e: errorFromWire(message['e']) };
}

function errorToWire(error: Error): WireError {
  const retryAfterSeconds = error instanceof LibraryUnavailable ? error.retryAfterSeconds : undefined;
  return { wire: 'error', name: error.name, message: error.message, stack: error.stack, retryAfterSeconds };
}

function errorFromWire(wire: WireError): Error {
  const error = emptyError(wire);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function emptyError(wire: WireError): Error {
  switch (wire.name) {
    case 'LibraryUnavailable':
      return new LibraryUnavailable(wire.message, wire.retryAfterSeconds);
    case 'BadRequest':
      return new BadRequest(wire.message);
    case 'NotFound':
      return new NotFound(wire.message);
    case 'Refused':
      return new Refused(wire.message);
    case 'WorkerDied':
      return new WorkerDied(wire.message);
    default: {
      const error = new Error(wire.message);
      error.name = wire.name;
      return error;
    }
  }
}

/** The buffers of a birpc message that were given away: top-level arguments and results, and fields of these. */
export function transferList(message: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const look = (value: unknown, depth: number): void => {
    if (value instanceof Uint8Array) {
      if (value.buffer instanceof ArrayBuffer && isGivenAway(value.buffer)) found.add(value.buffer);
    } else if (depth > 0 && isRecord(value)) {
      for (const key in value) look(value[key], depth - 1);
    }
  };
  if (isRecord(message)) {
    if (Array.isArray(message['a'])) for (const argument of message['a']) look(argument, 1);
    look(message['r'], 1);
  }
  return [...found];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isWireError(value: unknown): value is WireError {
  return isRecord(value) && value['wire'] === 'error';
}
