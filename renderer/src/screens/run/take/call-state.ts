import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { CallState, EditState } from '../../../../../shared/model/take.ts';
import type { Tone } from '../../../ui/badge.tsx';

/** How a call of a take was answered, as the chips say it (FACTS.md, Call states). */
export interface CallStateWords {
  readonly word: string;
  readonly tone: Tone;
  /** In a sentence, for whoever wants to know what the word means. */
  readonly meaning: string;
}

export function callStateWords(state: CallState): CallStateWords {
  switch (state) {
    case 'waiting':
      return { word: 'waiting', tone: 'warn', meaning: 'The agent waits for the answer.' };
    case 'recorded':
      return {
        word: 'recorded',
        tone: 'neutral',
        meaning: 'Answered from the recording, for $0: the agent asked exactly what it asked then.',
      };
    case 'normalised':
      return {
        word: 'recorded ≈',
        tone: 'neutral',
        meaning: 'Answered from the recording, for $0: the agent asked the same but for ids, times and the like.',
      };
    case 'drifted':
      return {
        word: 'drifted',
        tone: 'warn',
        meaning:
          'Answered from the recording, for $0, by its place in the conversation: what the agent asked had changed.',
      };
    case 'accepted':
      return {
        word: 'accepted',
        tone: 'warn',
        meaning: 'Answered from the recording, for $0, because you accepted the difference.',
      };
    case 'edited':
      return { word: 'by hand', tone: 'accent', meaning: 'Answered with what you wrote; no model was asked.' };
    case 'live':
      return { word: 'live', tone: 'ok', meaning: 'Answered by a model, now.' };
    case 'held':
      return { word: 'held', tone: 'error', meaning: 'Nobody was asked: the take was stopped here.' };
    default:
      return assertNever(state);
  }
}

/** What became of an edit in a live call. */
export function editStateWords(state: EditState): CallStateWords {
  switch (state) {
    case 'kept':
      return { word: 'kept', tone: 'accent', meaning: 'The model saw it in this call.' };
    case 'gone':
      return { word: 'gone', tone: 'warn', meaning: 'The agent no longer sends what it changes.' };
    case 'lost':
      return { word: 'lost', tone: 'error', meaning: 'What it changes is in this call, and could not be edited.' };
    default:
      return assertNever(state);
  }
}
