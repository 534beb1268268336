import { EventEmitter } from 'node:events';
import { fromJson, strict, toJson } from './strict.ts';

/** Where the messages of one end of a channel go: to main itself, a page or a utility process. */
export interface PortOwner {
  message(portId: number, json: string): void;
  closed(portId: number): void;
}

interface PortEnd {
  readonly peer: number;
  owner: PortOwner | undefined;
  readonly waiting: string[];
}

const ends = new Map<number, PortEnd>();
let nextPortId = 1;

/** Gives an end to an owner and delivers what came before. */
export function adoptPort(portId: number, owner: PortOwner): void {
  const end = ends.get(portId);
  if (end === undefined) {
    owner.closed(portId);
    return;
  }
  end.owner = owner;
  for (const json of end.waiting.splice(0)) owner.message(portId, json);
}

/** A message that was posted on this end: it comes out at the other one. */
export function postOnPort(portId: number, json: string): void {
  const peer = ends.get(portId)?.peer;
  const other = peer === undefined ? undefined : ends.get(peer);
  if (peer === undefined || other === undefined) return;
  if (other.owner === undefined) other.waiting.push(json);
  else other.owner.message(peer, json);
}

export function closePort(portId: number): void {
  const end = ends.get(portId);
  if (end === undefined) return;
  ends.delete(portId);
  const other = ends.get(end.peer);
  ends.delete(end.peer);
  other?.owner?.closed(end.peer);
}

/** Everything that an owner held is closed: it died, or its page went away. */
export function closePortsOf(owner: PortOwner): void {
  for (const [portId, end] of ends) if (end.owner === owner) closePort(portId);
}

export class StandinMessagePort extends EventEmitter {
  readonly portId: number;

  constructor(portId: number) {
    super();
    this.portId = portId;
    return strict('MessagePortMain', this);
  }

  postMessage(message: unknown): void {
    postOnPort(this.portId, toJson(message));
  }

  start(): void {
    adoptPort(this.portId, {
      message: (_portId, json) => this.emit('message', { data: fromJson(json), ports: [] }),
      closed: () => this.emit('close'),
    });
  }

  close(): void {
    closePort(this.portId);
    this.emit('close');
  }
}

export class StandinMessageChannel {
  readonly port1: StandinMessagePort;
  readonly port2: StandinMessagePort;

  constructor() {
    const first = nextPortId;
    nextPortId += 2;
    ends.set(first, { peer: first + 1, owner: undefined, waiting: [] });
    ends.set(first + 1, { peer: first, owner: undefined, waiting: [] });
    this.port1 = new StandinMessagePort(first);
    this.port2 = new StandinMessagePort(first + 1);
  }
}
