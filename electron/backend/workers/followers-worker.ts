import { setImmediate } from 'node:timers/promises';
import { workerData } from 'node:worker_threads';
import type { FunctionsOver } from '../base/functions.ts';
import { typedError } from '../library/database.ts';
import type { Followers } from '../library/followers/open-followers.ts';
import { libraryFile } from '../library/library-files.ts';
import { openFollowers } from '../library/open-library.ts';
import { followers as list } from './followers.ts';
import { guardedFunctions } from './guarded-functions.ts';
import type { FollowersEvents, FollowersFunctions, ReadThreadData } from './thread-functions.ts';
import { serveThread } from './thread.ts';

/** Keeps what follows the library, in slices, so that a call gets its turn between them. */
const { directory } = workerData as ReadThreadData;
const sliceMs = 100;
const retryMs = 5_000;

const functions = {
  follow: (opened) => opened.follow(),
  rebuild: (opened, id: string) => opened.rebuild(id),
  catchUp: (opened) => opened.catchUp(),
} satisfies FunctionsOver<FollowersFunctions>;

const events = serveThread<FollowersEvents, FollowersFunctions>(
  guardedFunctions({
    open,
    functions,
    typed: (error) => typedError(error, libraryFile(directory)),
    close: (opened) => opened.close(),
  }),
);

function open(): FollowersFunctions {
  let followers: Followers | undefined;
  let timer: NodeJS.Timeout | undefined;
  let said: string | undefined;

  function opened(): Followers {
    if (followers?.isThere() === false) {
      followers.close();
      followers = undefined;
    }
    return (followers ??= openFollowers({
      directory,
      followers: list,
      retryMs,
      changed: (runIds) => void events.kept.asEvent(runIds),
    }));
  }

  function work(): void {
    timer = undefined;
    const { next } = opened().work(sliceMs);
    if (next !== 'done') schedule(next === 'more' ? 1 : retryMs);
    const problem = opened().problems().join(' ') || undefined;
    if (problem === said) return;
    said = problem;
    void events.problem.asEvent(problem);
  }

  function schedule(delayMs: number): void {
    timer ??= setTimeout(work, delayMs);
  }

  return {
    follow() {
      opened().look();
      clearTimeout(timer);
      timer = undefined;
      schedule(1);
    },
    rebuild(id) {
      opened().rebuild(id);
      schedule(1);
    },
    async catchUp() {
      opened().look();
      for (;;) {
        const { next } = opened().work(sliceMs);
        if (next !== 'more') return next === 'done';
        await setImmediate();
      }
    },
    close() {
      clearTimeout(timer);
      followers?.close();
    },
  };
}
