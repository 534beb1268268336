import { jsonText } from '../../conventions/structure.ts';

/** What was said of each thing that is told in several requests. Bounded: what was heard of longest ago is forgotten first. */
export interface HeldValues {
  get(id: string): unknown;
  set(id: string, value: unknown): void;
}

const maximumHeldBytes = 64 * 1024 * 1024;
const maximumHeldValues = 100_000;

export function createHeldValues(maximumBytes = maximumHeldBytes): HeldValues {
  const held = new Map<string, { readonly value: unknown; readonly bytes: number }>();
  let total = 0;
  function drop(id: string): void {
    total -= held.get(id)?.bytes ?? 0;
    held.delete(id);
  }
  return {
    get: (id) => held.get(id)?.value,
    set(id, value) {
      drop(id);
      const bytes = id.length + jsonText(value).length;
      held.set(id, { value, bytes });
      total += bytes;
      for (const oldest of held.keys()) {
        if (total <= maximumBytes && held.size <= maximumHeldValues) break;
        drop(oldest);
      }
    },
  };
}
