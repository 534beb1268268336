import { keyMark } from '../../../shared/model/key-mark.ts';
import { readKeyName } from './key-names.ts';
import type { KeyName } from './key-names.ts';
import { isKeyValue } from './key-values.ts';
import { keySigns, longRuns } from './long-runs.ts';

/** Where a key stands in a text (FACTS.md, Keys). */
export interface KeyPlace {
  readonly start: number;
  readonly end: number;
  /** Known by the name before it, not by what it looks like. */
  readonly isNamed: boolean;
}

/** Raised with every change of what is taken for a key: recordings that were made with an earlier one are looked through again. */
export const keyShapesVersion = 1;

/** Keys that are known by what they look like. None has a repetition inside another: each is linear on any text. */
const shapes = [
  String.raw`sk-[A-Za-z0-9_-]{16,}`, // OpenAI, Anthropic, OpenRouter, DeepSeek, LiteLLM, Langfuse
  String.raw`AIza[A-Za-z0-9_-]{30,}`, // Google
  String.raw`ya29\.[A-Za-z0-9_-]{20,}`,
  String.raw`GOCSPX-[A-Za-z0-9_-]{20,}`,
  String.raw`gh[pousr]_[A-Za-z0-9]{30,}`, // GitHub
  String.raw`github_pat_[A-Za-z0-9_]{20,}`,
  String.raw`gl(?:pat|dt|rt|ptt|ft|soat|cbt|imt|agent)-[A-Za-z0-9_.-]{20,}`, // GitLab
  String.raw`xox[abeoprs][-.][A-Za-z0-9-]{10,}`, // Slack
  String.raw`xapp-\d-[A-Za-z0-9-]{20,}`,
  String.raw`hooks\.slack\.com/services/[A-Za-z0-9/]{20,}`,
  String.raw`(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Za-z])`, // AWS
  String.raw`(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}`, // Stripe
  String.raw`whsec_[A-Za-z0-9+/=]{24,}`,
  String.raw`SK[0-9a-f]{32}(?![0-9A-Za-z])`, // Twilio
  String.raw`SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`, // SendGrid
  String.raw`key-[0-9a-f]{32}(?![0-9A-Za-z])`, // Mailgun
  String.raw`npm_[A-Za-z0-9]{30,}`,
  String.raw`pypi-[A-Za-z0-9_-]{40,}`,
  String.raw`hf_[A-Za-z0-9]{30,}`, // Hugging Face
  String.raw`gsk_[A-Za-z0-9]{30,}`, // Groq
  String.raw`xai-[A-Za-z0-9]{30,}`,
  String.raw`r8_[A-Za-z0-9]{30,}`, // Replicate
  String.raw`pplx-[A-Za-z0-9]{30,}`, // Perplexity
  String.raw`csk-[A-Za-z0-9]{30,}`, // Cerebras
  String.raw`nvapi-[A-Za-z0-9_-]{40,}`,
  String.raw`tvly-[A-Za-z0-9-]{20,}`, // Tavily
  String.raw`fc-[0-9a-f]{32}(?![0-9A-Za-z])`, // Firecrawl
  String.raw`e2b_[0-9a-f]{32,}`,
  String.raw`jina_[A-Za-z0-9_-]{40,}`,
  String.raw`pcsk_[A-Za-z0-9_]{30,}`, // Pinecone
  String.raw`lsv2_(?:pt|sk)_[A-Za-z0-9_]{30,}`, // LangSmith
  String.raw`dapi[0-9a-f]{32}(?:-\d)?(?![0-9A-Za-z])`, // Databricks
  String.raw`do[opr]_v1_[0-9a-f]{40,}`, // DigitalOcean
  String.raw`lin_(?:api|oauth)_[A-Za-z0-9]{30,}`, // Linear
  String.raw`ntn_[A-Za-z0-9]{30,}`, // Notion
  String.raw`secret_[A-Za-z0-9]{40,}`,
  String.raw`sntr[yu]s_[A-Za-z0-9+/=_-]{40,}`, // Sentry
  String.raw`gl(?:sa|c)_[A-Za-z0-9+/=_-]{30,}`, // Grafana
  String.raw`shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}`, // Shopify
  String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9_.-]{30,}`, // Doppler
  String.raw`PMAK-[0-9a-f]{24}-[0-9a-f]{34}`, // Postman
  String.raw`NRAK-[A-Z0-9]{27}`, // New Relic
  String.raw`hv[sbr]\.[A-Za-z0-9_-]{20,}`, // Vault
  String.raw`tskey-[a-z]+-[A-Za-z0-9-]{20,}`, // Tailscale
  String.raw`figd_[A-Za-z0-9_-]{30,}`, // Figma
  String.raw`ATATT3[A-Za-z0-9_=-]{50,}`, // Atlassian
  String.raw`AGE-SECRET-KEY-1[A-Z0-9]{50,}`,
  String.raw`dckr_pat_[A-Za-z0-9_-]{20,}`, // Docker
  String.raw`sb(?:p|_secret)_[A-Za-z0-9_-]{20,}`, // Supabase
  String.raw`\d{8,10}:AA[A-Za-z0-9_-]{32,}`, // Telegram
  String.raw`eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`, // JSON Web Token
];

/** By their first letter: an alternative is tried only where its letter stands. */
function byFirstLetter(patterns: readonly string[]): string {
  const grouped = Map.groupBy(patterns, (pattern) => (/^[A-Za-z](?![?*+{])/.test(pattern) ? (pattern[0] ?? '') : ''));
  return [...grouped]
    .flatMap(([letter, list]) =>
      letter === '' ? list : [`${letter}(?:${list.map((pattern) => pattern.slice(1)).join('|')})`],
    )
    .join('|');
}

// One pass each: together in one pattern they take four times as long.
const shape = new RegExp(`\\b(?:${byFirstLetter(shapes)})`, 'g');
/** Signs of the shortest of them. */
const shortestShape = 15;
const scheme = /\b(?:[Bb]earer [A-Za-z0-9._~+/-]{16,}=*|[Bb]asic [A-Za-z0-9+/]{8,}={0,2})/g;
/** A password in an address, or Sentry's key, which stands where a user's name would. */
const userInfo = /:\/\/(?:[0-9a-f]{32}(?=@)|[^\s/@"'<>\\:]{0,64}:[^\s/@"'<>\\]{1,200}@)/g;
const signature = /(?:[?&]|u0026)sig=[A-Za-z0-9%+/]{20,}={0,2}/g;
const privateKey = /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/g;
/** The last word of a name that a key may stand after. */
const nameWord =
  /(?:[kK]ey|KEY|[tT]oken|TOKEN|[sS]ecret|SECRET|[pP]ass(?:w(?:or)?d|phrase)?|PASS(?:W(?:OR)?D|PHRASE)?|[pP]wd|PWD|[cC]redential|CREDENTIAL|[aA]uthorization|_auth)[sS]?(?![A-Za-z])/g;

const longestName = 64;
const longestValue = 2_048;
const longestPrivateKey = 16_384;
const longestList = 50;

/**
 * All keys of a text, in order, none inside another. In JSON, and JSON inside JSON, whole escapes only: what is left still reads.
 * What is found at a place depends on no more than `reachBefore` characters before it and `reachAfter` behind it.
 */
export function findKeys(text: string): readonly KeyPlace[] {
  // Whether a word stands in a text at all is known many times faster than where a pattern with it does.
  const found: KeyPlace[] = [];
  const add = (start: number, end: number, isNamed = false): void => {
    if (end > start) found.push({ start, end, isNamed });
  };
  for (const { start, end } of longRuns(text, keySigns, shortestShape)) {
    const run = text.slice(start, end);
    shape.lastIndex = 0;
    for (let match = shape.exec(run); match; match = shape.exec(run))
      add(start + match.index, start + match.index + match[0].length);
  }
  for (const { 0: all, index } of text.includes('earer ') || text.includes('asic ') ? text.matchAll(scheme) : [])
    if (isScheme(all)) add(index, index + all.length);
  for (const { 0: all, index } of text.includes('://') ? text.matchAll(userInfo) : []) {
    const at = all.indexOf(':', '://'.length) + 1;
    if (at === 0) add(index + '://'.length, index + all.length);
    else if (isKeyValue(all.slice(at, -1), urlPassword, true)) add(index + at, index + all.length - 1);
  }
  for (const { 0: all, index } of text.includes('sig=') ? text.matchAll(signature) : [])
    add(index + all.indexOf('=') + 1, index + all.length);
  for (const { 0: all, index } of text.includes('-----BEGIN ') ? text.matchAll(privateKey) : []) {
    const end = endOfPrivateKey(text, index + all.length);
    if (end !== undefined) add(index, end);
  }
  for (const { 0: all, index } of text.matchAll(nameWord))
    for (const { start, end } of valuesAfter(text, index, index + all.length)) add(start, end, true);
  return joined(found);
}

/** In order; those that overlap are one. */
function joined(found: readonly KeyPlace[]): readonly KeyPlace[] {
  const places: KeyPlace[] = [];
  for (const place of found.toSorted((a, b) => a.start - b.start)) {
    const last = places.at(-1);
    if (last && place.start < last.end)
      places[places.length - 1] = {
        ...last,
        end: Math.max(last.end, place.end),
        isNamed: last.isNamed && place.isNamed,
      };
    else places.push(place);
  }
  return places;
}

/** A token that a machine made, or a user and a password in base64. */
function isScheme(text: string): boolean {
  const value = text.slice(text.indexOf(' ') + 1);
  if (/^bearer/i.test(text)) return /\d|[a-z][A-Z]|[A-Za-z]{24}/.test(value);
  const plain = Buffer.from(value, 'base64').toString('latin1');
  return plain.indexOf(':') > 0 && /^[\x20-\x7e]+$/.test(plain);
}

const reachBefore = 512;
const reachAfter = longestPrivateKey + longestValue;
const remembered = 8;

/**
 * `findKeys` for texts that begin as one before them did, as an agent's requests do: only what is new is looked through. Shorter
 * texts than `shortest` are not kept in mind.
 */
export function createKeyFinder(shortest = 65_536): typeof findKeys {
  const known: { readonly text: string; readonly places: readonly KeyPlace[] }[] = [];
  return (text) => {
    if (text.length < shortest) return findKeys(text);
    let best = known[0];
    let shared = 0;
    for (const one of known) {
      const length = sharedStart(one.text, text);
      if (length > shared) [best, shared] = [one, length];
    }
    const from = shared - reachAfter;
    const places =
      best === undefined || from <= 0
        ? findKeys(text)
        : joined([
            ...best.places.filter(({ start }) => start < from),
            ...findKeys(text.slice(Math.max(0, from - reachBefore)))
              .map((place) => moved(place, Math.max(0, from - reachBefore)))
              .filter(({ start }) => start >= from),
          ]);
    known.unshift({ text, places });
    known.splice(remembered);
    return places;
  };
}

function moved({ start, end, isNamed }: KeyPlace, by: number): KeyPlace {
  return { start: start + by, end: end + by, isNamed };
}

/** How many characters two texts begin with alike. */
function sharedStart(left: string, right: string): number {
  let same = 0;
  let differs = Math.min(left.length, right.length) + 1;
  while (differs - same > 1) {
    const middle = (same + differs) >> 1;
    if (right.startsWith(left.slice(same, middle), same)) same = middle;
    else differs = middle;
  }
  return same;
}

type Span = Pick<KeyPlace, 'start' | 'end'>;

const urlPassword: KeyName = { kind: 'password', isSure: true, isVariable: false, isPlural: false };

/** Through its end mark, or where that is missing as far as it is one; undefined where hardly anything follows. */
function endOfPrivateKey(text: string, from: number): number | undefined {
  const near = text.slice(from, from + longestPrivateKey);
  const mark = /-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----/.exec(near);
  const body = mark ? near.slice(0, mark.index) : (/^(?:[A-Za-z0-9+/=:,\s]|\\+[nrt])*/.exec(near)?.[0] ?? '');
  if (body.replace(/\\+[nrt]|[^A-Za-z0-9+/]/g, '').length < 32) return undefined;
  return from + (mark ? mark.index + mark[0].length : body.length);
}

const nameEnd =
  /(?:[_-]?\d{1,3}|[_-](?:PROD|DEV|LIVE|TEST|STAGING|VALUE|B64|BASE64|OLD|NEW|PRIMARY|SECONDARY|prod|dev|live|test|staging))?(?![A-Za-z0-9_-])/y;
const quoted = /(?:\\{0,15}["'`]|\\{1,15}u00(?:22|27))?/y;
/** Between a name and its value. With a type between them, as Python and TypeScript write it, the type is passed over. */
const separator =
  /[\]?!]{0,2}[ \t]{0,8}(?::[ \t]{0,8}[A-Za-z_][\w.[\]|]{0,40}(?: ?\| ?None)?[ \t]{0,8}=(?=[ \t]{0,8}(?:\\{0,15}["'`]|\\{1,15}u00(?:22|27)))|!?={1,3}|:=|=>|:)[ \t]{0,8}/y;
const blank = /[ \t]{1,8}(?=[^\s=:])/y;
/** Words after which a name and its value stand with a blank between them. */
const beforeBlank = /(?:--|(?:setx|set -g?x|set -Ux|ENV|ARG)[ \t]{1,4})$/;
const listed = /[ \t]{0,8},[ \t]{0,8}(?=\\{0,15}["'`]|\\{1,15}u00(?:22|27))/y;

function taken(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Values that belong to the name which has the word from `start` to `wordEnd` at its end. */
function valuesAfter(text: string, start: number, wordEnd: number): readonly Span[] {
  const more = taken(nameEnd, text, wordEnd);
  if (more === undefined) return [];
  // `key: value` is everywhere.
  if (/^keys?$/i.test(text.slice(start, wordEnd)) && !/[\w.-]/.test(text[start - 1] ?? '')) return [];
  const nameStart = startOfName(text, start);
  const known = readKeyName(text.slice(nameStart, wordEnd + more.length));
  if (!known) return [];
  let at = wordEnd + more.length;
  const tagEnd = /(?:<|\\u003[cC])$/.test(text.slice(Math.max(0, nameStart - 6), nameStart))
    ? taken(/(?:>|\\+u003[eE])?/y, text, at)
    : undefined;
  if (tagEnd !== undefined && tagEnd !== '') {
    const from = at + tagEnd.length;
    const length = text.slice(from, from + longestValue).search(/<|\\+u003[cC]/);
    const isValue = length > 0 && isKeyValue(text.slice(from, from + length), known, true);
    return isValue ? [{ start: from, end: from + length }] : [];
  }
  const closing = taken(quoted, text, at) ?? '';
  at += closing.length;
  const between =
    taken(separator, text, at) ??
    (closing === '' && beforeBlank.test(text.slice(Math.max(0, nameStart - 10), nameStart))
      ? taken(blank, text, at)
      : undefined);
  const gap = between ?? (closing !== '' && known.kind === 'key' ? taken(listed, text, at) : undefined);
  if (gap === undefined) return [];
  at += gap.length;
  if (text[at] === '[' && known.isPlural) return listOfValues(text, at + 1, known);
  const value = valueAt(text, at, {
    // In a list of texts the next one need not be the first one's key.
    known: between === undefined ? { ...known, isSure: false } : known,
    // Without quotation marks only names without them have a value: a number in JSON stays one.
    mustBeQuoted: closing !== '' && !gap.includes(']'),
    isLine: known.isVariable && gap === '=',
  });
  return value ? [value] : [];
}

function listOfValues(text: string, from: number, known: KeyName): readonly Span[] {
  const places: Span[] = [];
  let at = from;
  for (let count = 0; count < longestList; count++) {
    at += /^[\s,]{0,40}/.exec(text.slice(at, at + 40))?.[0].length ?? 0;
    const open = taken(quoted, text, at) ?? '';
    if (open === '') break;
    const end = closeOf(text, at + open.length, open);
    if (end === undefined) break;
    if (isKeyValue(text.slice(at + open.length, end), known, true)) places.push({ start: at + open.length, end });
    at = end + open.length;
  }
  return places;
}

function startOfName(text: string, word: number): number {
  let at = word;
  while (at > 0 && word - at < longestName && /[A-Za-z0-9_.-]/.test(text[at - 1] ?? '')) at--;
  // In JSON a line before it ends in an escape, whose letter is no part of the name.
  if (text[at - 1] === '\\' && at < word) {
    const escape = /^(?:u[0-9a-fA-F]{4}|[nrtbf])/.exec(text.slice(at, at + 5))?.[0].length ?? 0;
    at = Math.min(word, at + escape);
  }
  while (at < word && /[.-]/.test(text[at] ?? '')) at++;
  return at;
}

function valueAt(
  text: string,
  from: number,
  {
    known,
    mustBeQuoted,
    isLine,
  }: { readonly known: KeyName; readonly mustBeQuoted: boolean; readonly isLine: boolean },
): Span | undefined {
  const word = taken(/(?:[rbfu]{1,2}(?=["']))?/y, text, from) ?? '';
  const open = taken(quoted, text, from + word.length) ?? '';
  if (open === '' && mustBeQuoted) return undefined;
  let start = from + word.length + open.length;
  const end =
    (open === '' ? undefined : closeOf(text, start, open)) ??
    endOfPlain(text, start, isLine || known.kind === 'authorization');
  if (known.kind === 'authorization') return authorization(text, start, end, open);
  start += /^(?:Bearer|Basic|Token|Bot) /.exec(text.slice(start, start + 7))?.[0].length ?? 0;
  const last = open === '' && start > from ? Math.max(end, endOfPlain(text, start, isLine)) : end;
  const value = text.slice(start, last);
  return !value.startsWith(keyMark) && isKeyValue(value, known, open !== '') ? { start, end: last } : undefined;
}

/** `Authorization: <scheme> <key>`, or a key alone. */
function authorization(text: string, from: number, firstEnd: number, open: string): Span | undefined {
  const scheme = /^[A-Za-z]{3,20} +/.exec(text.slice(from, from + 24))?.[0] ?? '';
  const start = from + scheme.length;
  const end = open === '' ? endOfPlain(text, start, true) : Math.max(firstEnd, start);
  const value = text.slice(start, end);
  if (value.startsWith(keyMark) || !isKeyValue(value, { ...urlPassword, kind: 'key' }, open !== '')) return undefined;
  return { start, end };
}

/** Where the same quotation mark closes; undefined: not near, or not in this line. */
function closeOf(text: string, from: number, open: string): number | undefined {
  for (let at = text.indexOf(open, from); at >= 0 && at - from <= longestValue; at = text.indexOf(open, at + 1)) {
    // With more backslashes it is a mark inside of the value.
    if (text[at - 1] === '\\' && at > from) continue;
    return text.slice(from, at).includes('\n') ? undefined : at;
  }
  return undefined;
}

/** The end of a value without quotation marks. `isLine`: of a variable in a line of its own, which may hold any sign. */
function endOfPlain(text: string, from: number, isLine: boolean): number {
  const limit = Math.min(text.length, from + longestValue);
  let at = from;
  while (at < limit) {
    const sign = text[at] ?? '';
    if (sign === '\\') {
      const length = escapeLength(text, at);
      if (length === 0) break;
      at += length;
    } else if (/[\s"'`<>]/.test(sign) || (!isLine && /[,;&)}\]|]/.test(sign))) break;
    else at++;
  }
  while (at > from && /[,;)}\]|&]/.test(text[at - 1] ?? '')) at--;
  return at;
}

/** Of what a backslash begins inside of a value; 0 where it ends the value. */
function escapeLength(text: string, at: number): number {
  let run = 1;
  while (text[at + run] === '\\' && run < 16) run++;
  const next = text.slice(at + run, at + run + 5);
  const code = /^u([0-9a-fA-F]{4})/.exec(next)?.[1]?.toLowerCase();
  if (code !== undefined) return /^00(?:22|27|0a|0d|09|3c|3e)$/.test(code) ? 0 : run + 5;
  if (next === '' || /^["'`nrt]/.test(next) || (run % 2 === 1 && /^[bf]/.test(next))) return 0;
  return run + 1;
}
