import { createBodiesInFlight } from './bodies-in-flight.ts';
import { startGrpcListener } from './grpc-listener.ts';
import { startHttpListener } from './http-listener.ts';
import type { Receiver, ReceiverOptions } from './request.ts';

export type { ListenerState, ReceivedRequest, ReceivedResult, Receiver, ReceiverOptions } from './request.ts';

/**
 * Listens for OTLP on this machine only. A busy port does not stop the start: the listener takes a free one,
 * and its state says who holds the wanted port and which setting to copy.
 */
export async function createReceiver(options: ReceiverOptions): Promise<Receiver> {
  const bodies = createBodiesInFlight();
  const listeners = await Promise.all([startHttpListener(options, bodies), startGrpcListener(options, bodies)]);
  return {
    listeners: listeners.map((listener) => listener.state),
    close: async () => {
      await Promise.all(listeners.map((listener) => listener.close()));
    },
  };
}
