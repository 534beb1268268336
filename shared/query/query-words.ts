import type { QueryProblem } from './parse-query.ts';

/** What is wrong with a part of a query, in a sentence, with what would be right. */
export function queryProblemWords(problem: QueryProblem): string {
  const meant = problem.nearest === undefined ? '' : ` Is ${problem.nearest} meant?`;
  switch (problem.kind) {
    case 'unknown-key':
      return `There is no key ${problem.key}.${meant || ' To find it as text, put it in quotes.'}`;
    case 'unknown-value':
      return `${problem.key} is never “${problem.value}”.${meant || ` It is ${oneOf(problem.choices)}.`}`;
    case 'wrong-relation':
      return `${problem.key} is asked for like this: ${problem.wants}.${meant}`;
    case 'bad-value':
      return `${problem.key} cannot be “${problem.value}”. It is asked for like this: ${problem.wants}.`;
    case 'no-value':
      return `${problem.key} needs something after it, like this: ${problem.wants}.`;
    case 'nothing-to-find':
      return `“${problem.text}” has no letter and no digit: there is nothing in it to look for. In quotes, a text is found as it stands.`;
    case 'too-long':
      return `A query has at most ${problem.longest} characters.`;
    default:
      return problem satisfies never;
  }
}

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
