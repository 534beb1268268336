import { wordsOf } from '../../../shared/words-of.ts';
import { findPortOwner } from './port-owner.ts';
import type { ListenerState } from './request.ts';

interface ListenRequest {
  readonly protocol: 'http' | 'grpc';
  readonly host: string;
  readonly wantedPort: number;
  /** Binds and says the real port; rejects with an error whose code or message tells EADDRINUSE apart. */
  readonly bind: (port: number) => Promise<number>;
}

/** Binds the wanted port or, when it is taken, a free one, and words what happened for the window and the terminal. */
export async function listenOrMove(request: ListenRequest): Promise<ListenerState> {
  const { protocol, host, wantedPort, bind } = request;
  try {
    const port = await bind(wantedPort);
    return { protocol, state: 'listening', host, port, wantedPort, setting: settingLine(protocol, host, port) };
  } catch (error) {
    if (!isBusy(error)) return failed(request, error);
  }
  const owner = await findPortOwner(wantedPort);
  const holder = owner ?? 'another program';
  try {
    const port = await bind(0);
    return {
      protocol,
      state: 'listening',
      host,
      port,
      wantedPort,
      setting: settingLine(protocol, host, port),
      problem: `Port ${wantedPort} is held by ${holder}. Retake listens on ${port} instead: copy the setting below, or stop ${holder} and start Retake again.`,
    };
  } catch (error) {
    return failed(request, error);
  }
}

function failed({ protocol, host, wantedPort }: ListenRequest, error: unknown): ListenerState {
  const reason = wordsOf(error);
  return {
    protocol,
    state: 'failed',
    host,
    wantedPort,
    problem: `Could not listen on ${host}:${wantedPort}: ${reason}`,
  };
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    (('code' in error && error.code === 'EADDRINUSE') ||
      error.message.includes('EADDRINUSE') ||
      error.message.includes('No address added'))
  );
}

function settingLine(protocol: 'http' | 'grpc', host: string, port: number): string {
  const endpoint = `OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:${port}`;
  return protocol === 'grpc' ? `${endpoint} OTEL_EXPORTER_OTLP_PROTOCOL=grpc` : endpoint;
}
