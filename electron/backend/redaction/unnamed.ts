import { createPrivateValues } from './redactor.ts';
import type { PrivateValues } from './redactor.ts';

const name = /\[(key|token|mail|host|secret|own|file)-\d{1,9}\]/g;

/** Whether a text was redacted: names stand in it for values that are not known here. */
export function hasNames(text: string): boolean {
  name.lastIndex = 0;
  return name.test(text);
}

/** What a home folder is written as. It is written so by people too: alone it does not tell that a text was redacted. */
const home = /(?<![\w~/\\])~(?=[/\\])/;

/** The names that stand in a text, `~` among them. */
export function namesIn(text: string): readonly string[] {
  const found = text.match(name) ?? [];
  return home.test(text) ? [...found, '~'] : found;
}

/**
 * Texts such that one with a value in it reads as one with a name in its place: who has another address, folder or key than whoever
 * made a run compares with it. Which of several values it is, is not told. What was learnt of one text is known in those after it.
 */
export function createUnnamed(): (texts: readonly string[]) => readonly string[] {
  const values = createPrivateValues({ rules: [], patterns: [] });
  const unnamed = unnamedBy(values);
  return (texts) => {
    for (const text of texts) values.learn(text);
    return texts.map(unnamed);
  };
}

/** The same by values that have been learnt. */
export function unnamedBy(values: PrivateValues): (text: string) => string {
  const redactor = values.redactor({ off: [], kept: [] });
  return (text) => redactor.apply(text).replaceAll(name, '[$1]');
}
