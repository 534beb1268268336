import { asArray, field, textField } from '../../conventions/structure.ts';
import type { SessionGlance } from '../source.ts';
import { firstLine, isoTime } from './session-text.ts';

/** A glance of what is known. */
export function sessionGlance(
  session: string | undefined,
  time: string | undefined,
  prompt: string | undefined,
): SessionGlance {
  const startNs = isoTime(time);
  // What a client puts in front of the first prompt begins with a mark of its own.
  const said = prompt === undefined || /^\s*</.test(prompt) ? undefined : firstLine(prompt);
  return {
    ...(session === undefined ? {} : { session }),
    ...(startNs === undefined ? {} : { startNs }),
    ...(said === undefined ? {} : { prompt: said }),
  };
}

/** The words of content: a text, or parts with texts. */
export function wordsOfContent(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  const texts = (asArray(content) ?? []).flatMap((part) => textField(part, 'text') ?? []);
  return texts.length === 0 ? undefined : texts.join('\n');
}

/** The frame that lines of Claude Code and Qwen Code share; `said`: where in the message the words stand. */
export function frameGlance(line: unknown, said: 'content' | 'parts'): SessionGlance {
  const isPrompt = field(line, 'type') === 'user' && field(line, 'isMeta') !== true;
  return sessionGlance(
    textField(line, 'sessionId'),
    textField(line, 'timestamp'),
    isPrompt ? wordsOfContent(field(field(line, 'message'), said)) : undefined,
  );
}
