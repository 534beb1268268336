import type { Server } from 'node:http';

/** The only address that anything of Retake listens on. */
export const loopbackAddress = '127.0.0.1';

/** Binds on loopback, 0 = any free port, and says the real port. Rejects with the error of the socket (EADDRINUSE, EACCES). */
export function listen(server: Server, port = 0, host = loopbackAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      const bound = server.address();
      if (bound === null || typeof bound === 'string') reject(new Error(`A server on ${host} has no port.`));
      else resolve(bound.port);
    });
  });
}
