import { wordsOf } from '../../shared/words-of.ts';
import type { Question } from './failures.ts';
import type { Log } from './log.ts';

/** What fetches and installs. It makes no connection but in these calls. */
export interface UpdateProgram {
  /** The version that is there and newer than this one; undefined: there is none. */
  find(): Promise<string | undefined>;
  /** `onPart`: the part that has come, 0 to 1. */
  download(onPart: (part: number) => void): Promise<void>;
  /** Ends Retake, installs what was downloaded and starts it. */
  install(): void;
}

/** Why this Retake does not update itself, as whole sentences for the user. */
export type Cannot = { readonly cannot: string };

export interface UpdateOptions {
  readonly version: string;
  /** Loaded when it is first needed. */
  readonly program: () => Promise<UpdateProgram | Cannot>;
  /** Resolves with the number of the button that was chosen. */
  readonly ask: (question: Question) => Promise<number>;
  readonly showPart: (part: number | undefined) => void;
  readonly log: Log;
}

export interface Updates {
  /** `asked`: by the user, who is told of every end; else only a newer version is told of. */
  look(asked: boolean): Promise<void>;
  /** The user's choice, told by each window at its start: the first time in a session that it is on, one look is taken. */
  setAtStart(on: boolean): void;
}

/** Nothing is fetched before the user asks for it, or has turned looking at the start on; nothing is downloaded before they say so. */
export function createUpdates({ version, program, ask, showPart, log }: UpdateOptions): Updates {
  let busy = false;
  let lookedAtStart = false;
  /** Downloaded, and waiting for Retake to end. */
  let ready: string | undefined;

  async function offer(found: string, chosen: UpdateProgram): Promise<void> {
    if (ready !== found) {
      const wanted = await ask({
        type: 'info',
        message: `Retake ${found} is there`,
        detail: `You have ${version}. Nothing is downloaded before you say so.`,
        buttons: ['Download it', 'Not now'],
      });
      if (wanted !== 0) return;
      log.write(`downloads Retake ${found}`);
      await chosen.download(showPart).finally(() => showPart(undefined));
      ready = found;
    }
    const now = await ask({
      type: 'info',
      message: `Retake ${found} is downloaded`,
      detail:
        'It is installed when Retake ends. Takes and recordings that run are stopped then; what was recorded stays.',
      buttons: ['Install it now', 'When I quit'],
    });
    if (now === 0) chosen.install();
  }

  async function look(asked: boolean): Promise<void> {
    if (busy) return;
    busy = true;
    try {
      const chosen = await program();
      if ('cannot' in chosen) {
        if (asked)
          await ask({
            type: 'info',
            message: 'This Retake does not update itself',
            detail: chosen.cannot,
            buttons: ['OK'],
          });
        return;
      }
      log.write(asked ? 'looks for a newer Retake: asked' : 'looks for a newer Retake: at the start');
      const found = await chosen.find();
      if (found !== undefined) await offer(found, chosen);
      else if (asked)
        await ask({
          type: 'info',
          message: 'This is the newest Retake',
          detail: `You have ${version}.`,
          buttons: ['OK'],
        });
    } catch (error) {
      log.write(`the update failed: ${wordsOf(error)}`);
      if (asked)
        await ask({
          type: 'warning',
          message: 'Updates could not be had',
          detail: `${wordsOf(error)}\n\nNothing was changed: you have ${version} as before.`,
          buttons: ['OK'],
        });
    } finally {
      busy = false;
    }
  }

  return {
    look,
    setAtStart(on) {
      if (!on || lookedAtStart) return;
      lookedAtStart = true;
      void look(false);
    },
  };
}
