import type { ContextPart } from './context-parts.ts';

/** What a picture of middle size comes to at the large providers; their own counts depend on its size, which a trace rarely says. */
const mediaTokens = 1_100;
/** Characters of a long text that are looked at: the rest is taken to be like them. */
const sampled = 20_000;

/**
 * About how many tokens a part has: four bytes of plain words, three where it is code, JSON or numbers, one a character in scripts
 * without spaces. Only its share of a reported count is ever shown as it is: how tokenizers differ cancels out.
 */
export function estimateTokens(part: Pick<ContextPart, 'text' | 'isMedia'>): number {
  if (part.isMedia) return mediaTokens;
  const { length } = part.text;
  if (length === 0) return 0;
  const sample = Math.min(length, sampled);
  let letters = 0;
  let signs = 0;
  let wide = 0;
  for (let at = 0; at < sample; at += 1) {
    const code = part.text.charCodeAt(at);
    if (code > 0x2e7f) wide += 1;
    else if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || code === 0x20) letters += 1;
    else signs += 1;
  }
  return Math.max(1, Math.round(((letters / 4.4 + signs / 2.2 + wide) * length) / sample)) + partOverhead;
}

/** What a message or a definition needs around itself. */
const partOverhead = 4;
