import { logVerbosity, Server, ServerCredentials, setLogVerbosity, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { wordsOf } from '../../../shared/words-of.ts';
import { BadRequest, LibraryUnavailable } from '../base/faults.ts';
import { maximumBodyBytes } from '../base/http-body.ts';
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
export async function startGrpcListener(options: ReceiverOptions): Promise<Listener> {
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
    'grpc.max_receive_message_length': maximumBodyBytes,
    // A second listener on the same port must fail, not share it silently.
    'grpc.so_reuseport': 0,
  });
  async function answer(signal: Signal, body: Buffer, callback: sendUnaryData<Buffer>): Promise<void> {
    let result;
    try {
      result = await options.ingest({ signal, encoding: 'protobuf', body });
    } catch (error) {
      callback(grpcError(error));
      return;
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

function grpcError(error: unknown): { code: status; details: string } {
  const details = wordsOf(error);
  if (error instanceof LibraryUnavailable) return { code: status.UNAVAILABLE, details };
  if (error instanceof BadRequest) return { code: status.INVALID_ARGUMENT, details };
  return { code: status.INTERNAL, details };
}
