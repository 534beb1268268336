import { findKeys } from '../base/key-shapes.ts';

export interface FoundKey {
  readonly value: string;
  /** As whose key it looks. */
  readonly what: string;
  /** How it begins, as far as that is the same for all of its kind. */
  readonly begins: string;
}

/** By how they begin: the shapes that are looked for are in base/key-shapes.ts. */
const kinds: readonly (readonly [RegExp, string])[] = [
  [/^sk-ant-/, 'Anthropic API key'],
  [/^sk-or-/, 'OpenRouter API key'],
  [/^sk-proj-/, 'OpenAI API key'],
  [/^sk-/, 'API key of a model provider'],
  [/^AIza/, 'Google API key'],
  [/^ya29\./, 'Google access token'],
  [/^GOCSPX-/, 'Google client secret'],
  [/^(?:gh[pousr]_|github_pat_)/, 'GitHub token'],
  [/^gl[a-z]+-/, 'GitLab token'],
  [/^xox[a-z]/, 'Slack token'],
  [/^(?:AKIA|ASIA|ABIA|ACCA)/, 'AWS access key'],
  [/^(?:sk|rk)_(?:live|test)_/, 'Stripe key'],
  [/^npm_/, 'npm token'],
  [/^pypi-/, 'PyPI token'],
  [/^hf_/, 'Hugging Face token'],
  [/^gsk_/, 'Groq API key'],
  [/^xai-/, 'xAI API key'],
  [/^eyJ/, 'JSON Web Token'],
  [/^[Bb]earer /, 'bearer token'],
  [/^[Bb]asic /, 'user and password'],
  [/^-----BEGIN/, 'private key'],
];

/** Keys that documentation and tests are written with, and those that something has hidden already. */
const examples =
  /example|dummy|sample|placeholder|redacted|your|xxx|\.\.\.|…|\*\*\*|1234567890|abcdefgh|0{8}|test[-_]?key|not[-_]?a[-_]?real|fake/i;

/** Longer texts are looked through up to here. */
const longestLooked = 4_000_000;
const maximumKeys = 50;

/**
 * Keys in a text that look like one by themselves. What is a key only by the name before it is left out: in code and prose it is too often
 * none, and a warning that is wrong is soon overlooked.
 */
export function keysIn(text: string): readonly FoundKey[] {
  const found: FoundKey[] = [];
  for (const { start, end, isNamed } of findKeys(text.slice(0, longestLooked))) {
    const value = text.slice(start, end);
    if (isNamed || examples.test(value)) continue;
    const kind = kinds.find(([begin]) => begin.test(value));
    if (kind === undefined && !hasManyKinds(value)) continue;
    found.push({ value, what: kind?.[1] ?? 'key', begins: kind === undefined ? '' : (kind[0].exec(value)?.[0] ?? '') });
    if (found.length >= maximumKeys) break;
  }
  return found;
}

/** Digits and letters of both cases, as what a machine made has. */
const hasManyKinds = (value: string): boolean => /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
