import type { Random } from './random.ts';

/**
 * Lets the threads of an agent go on one at a time, in an order that the seed decides, so that a failing seed fails again. A request
 * that lies at the model stays there until it is its turn: calls overlap as those of real agents do.
 */
export interface Turnstile {
  /** Waits for one's turn to ask. Call it before each request. */
  enter(): Promise<void>;
  /** The request has come to the model, which waits with its answer until it may give it. */
  arrive(): Promise<void>;
  /** Does what other threads do while one waits for them. */
  waitFor<T>(work: Promise<T>): Promise<T>;
  begin(): void;
  end(): void;
  close(): void;
}

export let waits = 0;
export function createTurnstile(random: Random, overlap: number): Turnstile {
  const waiting: (() => void)[] = [];
  const atModel: (() => void)[] = [];
  let running = 0;
  let timer: NodeJS.Timeout | undefined;
  let isPlanned = false;

  function step(): void {
    isPlanned = false;
    clearTimeout(timer);
    if (running > 0) {
      // Something waits for another request in a way that is not seen from here.
      timer = setTimeout(() => {
        waits++;
        const next = atModel.shift() ?? waiting.shift();
        if (next) {
          running++;
          next();
        }
        plan();
      }, 400);
      return;
    }
    const mayStart = waiting.length > 0 && (atModel.length === 0 || (atModel.length < 6 && random.chance(overlap)));
    const list = mayStart ? waiting : atModel;
    if (list.length === 0) return;
    const [next] = list.splice(random.below(list.length), 1);
    running++;
    next?.();
    plan();
  }

  function plan(): void {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(step);
  }

  const queue = (list: (() => void)[]): Promise<void> =>
    new Promise((resolve) => {
      list.push(resolve);
      running--;
      plan();
    });

  return {
    enter: () => queue(waiting),
    arrive: () => queue(atModel),
    async waitFor(work) {
      running--;
      plan();
      try {
        return await work;
      } finally {
        running++;
      }
    },
    begin() {
      running++;
    },
    end() {
      running--;
      plan();
    },
    close: () => clearTimeout(timer),
  };
}
