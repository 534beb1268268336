import { escapedCode, escapedUnits, quoted, writeLiteral } from './literals.ts';
import type { LiteralLanguage } from './literals.ts';
import { someProvider } from './program.ts';
import type { CopiedCall } from './program.ts';

/**
 * JSON itself. No sign of it means anything to a shell where it stands, but `!`, by which shells repeat what was typed before, also
 * between the lines of a text: it is written as an escape.
 */
const json: LiteralLanguage = {
  indent: '  ',
  escape: escapedUnits,
  key: (key) => quoted(key, json),
  scalar: (source) => source,
  deep: (source) =>
    source.replaceAll(/[^\x20-\x7e]/g, (sign) => (/\s/.test(sign) && sign < '~' ? ' ' : escapedUnits(sign))),
};

/** Nothing in a comment may be more than a comment, even to a shell that takes none at its prompt. */
const harmless = (note: string): string => note.replaceAll(/[^A-Za-z0-9 .,:_/@%+-]+/g, ' ');

/** Every line of JSON begins with a blank, a bracket or a quotation mark, or is a single value: the mark's line is none of them. */
const mark = 'RETAKE_REQUEST';

export function writeCurl({ byHand, endpoint, model, stream, body, notes }: CopiedCall): string {
  const { base, variable } = endpoint ?? { base: undefined, variable: someProvider.variable };
  const key = endpoint?.key ?? someProvider.key;
  const address = variable === undefined ? base : base === undefined ? `\${${variable}:?}` : `\${${variable}:-${base}}`;
  const headers = [...byHand.headers(`$${key}`), ['content-type', 'application/json'] as const];
  const text = writeLiteral(body, json).replaceAll('!', escapedCode(0x21));
  return [
    ...notes.map((note) => `# ${harmless(note)}`),
    `curl -sS${stream ? 'N' : ''} "${address}${byHand.path(encoded(model), stream)}" \\`,
    ...headers.map(([name, value]) => `  -H "${name}: ${value}" \\`),
    `  --data-binary @- <<'${mark}'`,
    text,
    mark,
    '',
  ].join('\n');
}

/** Of letters, digits, `-`, `_`, `.`, `~` and `%` only. */
function encoded(model: string): string {
  return encodeURIComponent(model.toWellFormed().replace(/^models\//, '')).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
