import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { fromJson, toJson } from './strict.ts';

/** Gives a child process the `process.parentPort` that a utility process of Electron has. */
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), json: z.string(), ports: z.array(z.number()) }),
  z.object({ type: z.literal('port'), portId: z.number(), json: z.string() }),
  z.object({ type: z.literal('port-closed'), portId: z.number() }),
]);

class Port extends EventEmitter {
  private readonly portId: number;
  private waiting: unknown[] | undefined = [];

  constructor(portId: number) {
    super();
    this.portId = portId;
  }

  postMessage(message: unknown): void {
    process.send?.({ type: 'port', portId: this.portId, json: toJson(message) });
  }

  start(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const data of waiting) this.emit('message', { data, ports: [] });
  }

  close(): void {
    ports.delete(this.portId);
    process.send?.({ type: 'port-closed', portId: this.portId });
    this.emit('close');
  }

  receive(data: unknown): void {
    if (this.waiting === undefined) this.emit('message', { data, ports: [] });
    else this.waiting.push(data);
  }
}

/** Electron keeps what comes before the first listener. */
class ParentPort extends EventEmitter {
  private waiting: object[] = [];

  constructor() {
    super();
    this.on('newListener', (name) => {
      if (name !== 'message') return;
      setImmediate(() => {
        for (const event of this.waiting.splice(0)) this.emit('message', event);
      });
    });
  }

  postMessage(message: unknown): void {
    process.send?.({ type: 'message', json: toJson(message) });
  }

  receive(event: object): void {
    if (this.listenerCount('message') > 0 && this.waiting.length === 0) this.emit('message', event);
    else this.waiting.push(event);
  }
}

const ports = new Map<number, Port>();
const parentPort = new ParentPort();
Object.defineProperty(process, 'parentPort', { value: parentPort });
Object.defineProperty(process, 'type', { value: 'utility' });

process.on('message', (raw) => {
  const message = messageSchema.parse(raw);
  switch (message.type) {
    case 'message': {
      const opened = message.ports.map((portId) => {
        const port = new Port(portId);
        ports.set(portId, port);
        return port;
      });
      parentPort.receive({ data: fromJson(message.json), ports: opened });
      return;
    }
    case 'port':
      ports.get(message.portId)?.receive(fromJson(message.json));
      return;
    case 'port-closed': {
      const port = ports.get(message.portId);
      ports.delete(message.portId);
      port?.emit('close');
    }
  }
});
// The parent died: a utility process does not outlive its app.
process.on('disconnect', () => process.exit(1));
