import {
  logVerbosity,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  setLogVerbosity,
  status,
} from '@grpc/grpc-js';
import type { sendUnaryData, ServerInterceptingCallInterface, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { wordsOf } from '../../../shared/words-of.ts';
import { BadRequest, LibraryUnavailable } from '../base/faults.ts';
import { maximumBodyBytes } from '../base/http-body.ts';
import type { BodiesInFlight } from './bodies-in-flight.ts';
import { listenOrMove } from './listen.ts';
import { successProtobuf } from './otlp-response.ts';
import type { Listener, ReceiverOptions, Signal } from './request.ts';

const services: readonly (readonly [Signal, string])[] = [
  ['traces', '/opentelemetry.proto.collector.trace.v1.TraceService/Export'],
  ['logs', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  ['metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
];

const sameBytes = (bytes: Buffer): Buffer => bytes;

/** OTLP/gRPC: unary Export of the three collector services; messages stay bytes, our own reader decodes them. */
export async function startGrpcListener(options: ReceiverOptions, bodies: BodiesInFlight): Promise<Listener> {
  const wantedPort = options.grpcPort;
  if (wantedPort === undefined) {
    return {
      state: { protocol: 'grpc', state: 'off', host: options.host, wantedPort: 0 },
      close: async () => undefined,
    };
  }
  // A busy port is reported through the listener's state; the library's own line on stderr would say it twice.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    interceptors: [(_method, call) => new WaitingCall(call, bodies)],
    'grpc.max_receive_message_length': maximumBodyBytes,
    // A second listener on the same port must fail, not share it silently.
    'grpc.so_reuseport': 0,
  });
  async function answer(signal: Signal, body: Buffer, callback: sendUnaryData<Buffer>): Promise<void> {
    let result;
    try {
      bodies.reserve(body.length);
      result = await options.ingest({ signal, encoding: 'protobuf', body });
    } catch (error) {
      callback(grpcError(error));
      return;
    } finally {
      bodies.giveBack(body.length);
    }
    callback(null, successProtobuf(result));
  }
  for (const [signal, path] of services) {
    const definition: ServiceDefinition = {
      Export: {
        path,
        requestStream: false,
        responseStream: false,
        requestSerialize: sameBytes,
        requestDeserialize: sameBytes,
        responseSerialize: sameBytes,
        responseDeserialize: sameBytes,
      },
    };
    server.addService(definition, {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
        void answer(signal, call.request, callback);
      },
    });
  }
  const state = await listenOrMove({
    protocol: 'grpc',
    host: options.host,
    wantedPort,
    bind: (port) =>
      new Promise((resolve, reject) => {
        server.bindAsync(`${options.host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
          error ? reject(error) : resolve(bound),
        );
      }),
  });
  return {
    state,
    close: () =>
      new Promise((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 2_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

/** A call whose message is read when there is room for it: until then it stays with its client. */
class WaitingCall extends ServerInterceptingCall {
  private readonly bodies: BodiesInFlight;
  private reading: Promise<() => void> | undefined;

  constructor(call: ServerInterceptingCallInterface, bodies: BodiesInFlight) {
    super(call);
    this.bodies = bodies;
  }

  /** Asked for once for the message, and again, when it is there, for the end of the request. */
  override startRead(): void {
    if (this.reading === undefined) {
      this.reading = this.bodies.mayRead();
      void this.reading.then(() => super.startRead());
      return;
    }
    this.wasRead();
    super.startRead();
  }

  override sendStatus(answer: Parameters<ServerInterceptingCall['sendStatus']>[0]): void {
    this.wasRead();
    super.sendStatus(answer);
  }

  private wasRead(): void {
    void this.reading?.then((read) => read());
  }
}

function grpcError(error: unknown): { code: status; details: string } {
  const details = wordsOf(error);
  if (error instanceof LibraryUnavailable) return { code: status.UNAVAILABLE, details };
  if (error instanceof BadRequest) return { code: status.INVALID_ARGUMENT, details };
  return { code: status.INTERNAL, details };
}
