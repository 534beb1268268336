import { sleep } from '../lib/sleep.ts';
import { connectionState } from './backend-client.ts';
import { queryClient } from './queries.ts';
import { workInProgress } from './work-in-progress.ts';

/** How long nothing may be going on before it counts: longer than the pause between a change and its refetch. */
const quietMs = 60;
const frameMs = 100;

function isBusy(): boolean {
  const { state } = connectionState();
  if (state === 'connecting' || state === 'reconnecting') return true;
  if (queryClient.isFetching() > 0 || queryClient.isMutating() > 0) return true;
  if (workInProgress().length > 0) return true;
  return document.getAnimations().some(isFiniteAndRunning);
}

/** A pulsing dot runs for ever: waiting for it would be waiting for ever. */
function isFiniteAndRunning(animation: Animation): boolean {
  if (animation.playState !== 'running') return false;
  const endTime = animation.effect?.getComputedTiming().endTime;
  return typeof endTime === 'number' && Number.isFinite(endTime);
}

/** Two frames: React has committed and the browser has painted. Hidden windows draw none, so a timer stands in. */
async function painted(): Promise<void> {
  for (let frame = 0; frame < 2; frame += 1) {
    await Promise.race([new Promise((resolve) => requestAnimationFrame(resolve)), sleep(frameMs)]);
  }
}

/**
 * Resolves when no call, import, delayed refetch or finite animation is running, the connection is made (or refused),
 * and the result is painted. Never rejects; tests bound it by their own time limit.
 */
export async function untilIdle(): Promise<void> {
  for (;;) {
    while (isBusy()) await sleep(15);
    await painted();
    await sleep(quietMs);
    await painted();
    if (!isBusy()) return;
  }
}

export function exposeIdle(): void {
  window.retakeIdle = untilIdle;
}
