import { linearTest } from '../base/linear-pattern.ts';

/**
 * A regular expression of a catalogue, as a test that is linear whatever the text. Published catalogues look ahead at the very beginning
 * (`^(?!.*-tts)…`), which RE2 cannot: what must not be there is then a test of its own. Throws Refused for any other looking ahead.
 */
export function catalogueTest(source: string): (text: string) => boolean {
  const { rest, unwanted } = beginning(source);
  if (unwanted.length === 0) return linearTest(source);
  const must = linearTest(`^(?:${rest})`);
  const mustNot = unwanted.map((one) => linearTest(`^(?:${one})`));
  return (text) => must(text) && !mustNot.some((test) => test(text));
}

/** `^(?!A)(?!B)C` is C at the beginning, and neither A nor B there. An alternative beside C would not have the condition: such a pattern is left whole. */
function beginning(source: string): { readonly rest: string; readonly unwanted: readonly string[] } {
  const whole = { rest: source, unwanted: [] };
  if (!source.startsWith('^(?!')) return whole;
  const unwanted: string[] = [];
  let rest = source.slice(1);
  while (rest.startsWith('(?!')) {
    const end = endOfGroup(rest);
    if (end === undefined) return whole;
    unwanted.push(rest.slice(3, end));
    rest = rest.slice(end + 1);
  }
  return endOfBranch(rest) === undefined ? { rest, unwanted } : whole;
}

/** Where the group ends that the text begins with. */
const endOfGroup = (source: string): number | undefined => find(source, ')', 1);
/** Where an alternative begins that stands in no group. */
const endOfBranch = (source: string): number | undefined => find(source, '|', 0);

function find(source: string, sign: string, depthWanted: number): number | undefined {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at += 1;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === sign && depth === depthWanted) return at;
    else if (character === '(') depth += 1;
    else if (character === ')') depth -= 1;
  }
  return undefined;
}
