import { wordsOf } from '../../../../../shared/words-of.ts';

/** What is wrong with a rule that matching looks past differences by; undefined: it may be used. `others`: the rules that there are. */
export function ignoreProblem(rule: string, others: readonly string[]): string | undefined {
  if (rule === '') return 'A regular expression, as JavaScript reads it.';
  if (rule.length > 1_000) return 'At most 1,000 characters.';
  if (others.includes(rule)) return 'There is this rule already.';
  let expression: RegExp;
  try {
    expression = new RegExp(rule, 'g');
  } catch (error) {
    return wordsOf(error);
  }
  // Every text would count as the same: a take would be answered with whatever was recorded.
  if (fitsAnything(expression))
    return 'This fits any text, so no difference would be seen. Name what stands around it.';
  if (expression.test('')) return 'This fits an empty text. Ask for at least one character, with + instead of *.';
  return undefined;
}

function fitsAnything(expression: RegExp): boolean {
  return ['Hello, world', 'tool 17 → {"ok": true}', '\u00e4\u4e2d\u{1f600}~'].every(
    (text) => text.replace(expression, '') === '',
  );
}
