import type { Cost } from '../../../../shared/model/cost.ts';
import { nanos } from '../../../../shared/model/units.ts';
import type { LibraryWriter } from '../../library/library.ts';
import type { PipelineOptions } from './pipeline-options.ts';

/** For tests of the pipeline: what it needs, given a library. */
export function pipelineOptions(library: LibraryWriter, events: Partial<PipelineOptions['events']>): PipelineOptions {
  return {
    library,
    clients: [],
    quietMs: 60_000,
    price: (): Cost => ({ kind: 'none', reason: 'not priced in this test' }),
    clock: { nowMs: () => performance.now(), nowNs: () => nanos(BigInt(Date.now()) * 1_000_000n) },
    events: { runsChanged: () => undefined, stored: () => undefined, problem: () => undefined, ...events },
  };
}

/** A library with some of its functions replaced. */
export function libraryWith(library: LibraryWriter, replaced: Partial<LibraryWriter>): LibraryWriter {
  return new Proxy(library, {
    get(target, name) {
      const given: unknown = Reflect.get(replaced, name);
      if (given !== undefined) return given;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
