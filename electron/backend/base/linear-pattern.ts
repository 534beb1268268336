import { RE2JS } from 're2js';
import { wordsOf } from '../../../shared/words-of.ts';
import { Refused } from './faults.ts';

/** Replaces every match of itself: a RegExp of our own, or a pattern that a user wrote. For `text.replace(pattern, …)`. */
export interface Replaceable {
  [Symbol.replace](text: string, replacement: string): string;
}

/**
 * A regular expression of a user, run by an engine whose time grows with the text and nothing else: `([a-z ]+)*!!` over 28 letters took the
 * built-in one 2.8 s, over 40 it would be hours. What such an engine cannot have (looking ahead and behind, references back) throws Refused.
 */
export function linearPattern(source: string): Replaceable {
  // What Retake itself suggested before ended by looking ahead to the end of the line.
  const compiled = compile(source, source.replace(/\(\?=\\n\)$/, '\\n'));
  return { [Symbol.replace]: (text, replacement) => compiled.matcher(text).replaceAll(replacement) };
}

/** Where such an expression matches, in order; a match of nothing is none. Throws Refused as `linearPattern` does. */
export function linearFinder(
  source: string,
): (text: string) => readonly { readonly start: number; readonly end: number }[] {
  const compiled = compile(source, source);
  return (text) => {
    const found = [];
    for (const matcher = compiled.matcher(text); matcher.find();)
      if (matcher.end() > matcher.start()) found.push({ start: matcher.start(), end: matcher.end() });
    return found;
  };
}

/** Whether such an expression matches anywhere in a text. Throws Refused as `linearPattern` does. */
export function linearTest(source: string): (text: string) => boolean {
  const compiled = compile(source, source);
  return (text) => compiled.matcher(text).find();
}

function compile(written: string, source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    throw new Refused(
      `The pattern ${written} cannot be used: ${wordsOf(error)}. Patterns are those of RE2: without looking ahead or behind ((?=…), (?<=…)) and references back (\\1), so that no text makes them take long.`,
    );
  }
}
