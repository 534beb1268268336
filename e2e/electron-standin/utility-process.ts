import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { z } from 'zod';
import { adoptPort, closePort, closePortsOf, postOnPort } from './ports.ts';
import type { PortOwner, StandinMessagePort } from './ports.ts';
import { strict, fromJson, toJson } from './strict.ts';

/** From the child (utility-preload.ts); to the child the same, with `ports` in the first. */
const childMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), json: z.string() }),
  z.object({ type: z.literal('port'), portId: z.number(), json: z.string() }),
  z.object({ type: z.literal('port-closed'), portId: z.number() }),
]);

/** Before boot.ts puts the stand-in's own in its place. */
const nodeExecutable = process.execPath;

export const utilityProcesses = new Set<StandinUtilityProcess>();

/** A process of its own, so that killing it is real. */
export class StandinUtilityProcess extends EventEmitter {
  readonly serviceName: string;
  private readonly child: ChildProcess;
  private readonly owner: PortOwner;

  constructor(
    modulePath: string,
    args: readonly string[],
    options: Electron.ForkOptions,
    onGone: (details: Omit<Electron.Details, 'type'> & { readonly type: 'Utility' }) => void,
  ) {
    super();
    const known = new Set(['env', 'stdio', 'serviceName']);
    for (const name of Object.keys(options))
      if (!known.has(name)) throw new Error(`stand-in: utilityProcess option ${name} is not implemented`);
    if (options.stdio !== 'pipe') throw new Error('stand-in: utilityProcess runs with stdio "pipe" only');
    this.serviceName = options.serviceName ?? 'Node Utility Process';
    this.child = fork(modulePath, args, {
      execPath: nodeExecutable,
      env: { ...(options.env ?? process.env) } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: ['--no-warnings', '--import', new URL('./utility-preload.ts', import.meta.url).href],
    });
    this.owner = {
      message: (portId, json) => this.send({ type: 'port', portId, json }),
      closed: (portId) => this.send({ type: 'port-closed', portId }),
    };
    this.child.on('message', (message) => this.receive(childMessageSchema.parse(message)));
    this.child.on('error', () => undefined);
    const self = strict('UtilityProcess', this);
    this.child.once('spawn', () => this.emit('spawn'));
    this.child.once('exit', (code, signal) => {
      utilityProcesses.delete(self);
      closePortsOf(this.owner);
      this.emit('exit', code ?? 1);
      const reason = signal !== null ? 'killed' : code === 0 ? 'clean-exit' : 'abnormal-exit';
      onGone({ type: 'Utility', reason, exitCode: code ?? 1, serviceName: this.serviceName, name: this.serviceName });
    });
    utilityProcesses.add(self);
    return self;
  }

  get stdout(): NodeJS.ReadableStream | null {
    return this.child.stdout;
  }

  get stderr(): NodeJS.ReadableStream | null {
    return this.child.stderr;
  }

  get pid(): number | undefined {
    return this.child.exitCode === null ? this.child.pid : undefined;
  }

  postMessage(message: unknown, transfer: readonly StandinMessagePort[] = []): void {
    this.send({ type: 'message', json: toJson(message), ports: transfer.map((port) => port.portId) });
    for (const port of transfer) adoptPort(port.portId, this.owner);
  }

  kill(): boolean {
    return this.child.kill();
  }

  private send(message: object): void {
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private receive(message: z.infer<typeof childMessageSchema>): void {
    switch (message.type) {
      case 'message':
        this.emit('message', fromJson(message.json));
        return;
      case 'port':
        postOnPort(message.portId, message.json);
        return;
      case 'port-closed':
        closePort(message.portId);
    }
  }
}
