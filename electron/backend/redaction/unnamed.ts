import { createPrivateValues } from './redactor.ts';

const name = /\[(key|token|mail|host|secret|own|file)-\d{1,9}\]/g;

/** Whether a text was redacted: names stand in it for values that are not known here. */
export function hasNames(text: string): boolean {
  name.lastIndex = 0;
  return name.test(text);
}

/**
 * Texts such that one with a value in it reads as one with a name in its place: who has another address, folder or key than whoever
 * made a run compares with it. Which of several values it is, is not told. What was learnt of one text is known in those after it.
 */
export function createUnnamed(): (texts: readonly string[]) => readonly string[] {
  const values = createPrivateValues({ rules: [], patterns: [] });
  const redactor = values.redactor({ off: [], kept: [] });
  return (texts) => {
    for (const text of texts) values.learn(text);
    return texts.map((text) => redactor.apply(text).replaceAll(name, '[$1]'));
  };
}
