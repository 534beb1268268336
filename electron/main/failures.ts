import type { Log } from './log.ts';

/** What died, and what it means: the dialog names it. */
export interface BackendFailure {
  /** refused: it said that it cannot start, and why; died: it ended again and again. */
  readonly kind: 'refused' | 'died';
  /** A sentence for the user. */
  readonly reason: string;
}

export interface Question {
  readonly type: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

export function backendQuestion({ kind, reason }: BackendFailure, logPath: string): Question {
  return {
    type: 'error',
    message: kind === 'refused' ? 'Retake cannot open its library' : 'Retake’s backend keeps ending',
    detail: `${reason}\n\nWhat it said last is in ${logPath}.`,
    buttons: ['Try again', 'Quit'],
  };
}

export const pageQuestion = (reason: string, logPath: string): Question => ({
  type: 'error',
  message: 'Retake’s window keeps ending',
  detail: `The page that shows your runs ended again (${reason}). The backend goes on: nothing that was stored or is being received is lost.\n\nMore is in ${logPath}.`,
  buttons: ['Try again', 'Quit'],
});

export const stuckQuestion: Question = {
  type: 'warning',
  message: 'Retake’s window does not answer',
  detail: 'The backend goes on: nothing that was stored or is being received is lost.',
  buttons: ['Wait', 'Load the window again'],
};

/** A page that ends is loaded again once a minute; more often, and the user is asked. */
const reloadAgainMs = 60_000;

/** As far as it is needed of Electron's WebContents. */
export interface WatchedPage {
  on(
    event: 'render-process-gone',
    listener: (event: unknown, details: { reason: string; exitCode: number }) => void,
  ): unknown;
  on(event: 'unresponsive' | 'responsive', listener: () => void): unknown;
  isDestroyed(): boolean;
  reload(): void;
}

export interface PageWatch {
  readonly log: Log;
  /** Resolves with the number of the button that was chosen. */
  readonly ask: (question: Question, signal?: AbortSignal) => Promise<number>;
  readonly quit: () => void;
  readonly now?: () => number;
}

/** Loads a page again whose process ended, once; asks when that does not help, and when the page does not answer. */
export function watchPage(page: WatchedPage, { log, ask, quit, now = () => Date.now() }: PageWatch): void {
  let endedMs = Number.NEGATIVE_INFINITY;
  let waiting: AbortController | undefined;

  page.on('render-process-gone', (_event, { reason, exitCode }) => {
    log.write(`the window's page ended: ${reason}, code ${exitCode}`);
    waiting?.abort();
    if (reason === 'clean-exit' || page.isDestroyed()) return;
    const again = now() - endedMs < reloadAgainMs;
    endedMs = now();
    if (!again) return page.reload();
    void ask(pageQuestion(reason, log.path)).then((chosen) => {
      if (chosen !== 0) quit();
      else if (!page.isDestroyed()) page.reload();
    });
  });
  page.on('unresponsive', () => {
    log.write("the window's page does not answer");
    if (waiting !== undefined) return;
    const asking = new AbortController();
    waiting = asking;
    void ask(stuckQuestion, asking.signal).then((chosen) => {
      if (waiting === asking) waiting = undefined;
      if (chosen === 1 && !asking.signal.aborted && !page.isDestroyed()) page.reload();
    });
  });
  page.on('responsive', () => {
    log.write("the window's page answers again");
    waiting?.abort();
    waiting = undefined;
  });
}
