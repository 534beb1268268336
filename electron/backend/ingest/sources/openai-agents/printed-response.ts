/**
 * A `Response(id='resp_…', model='…', output=[…], usage=ResponseUsage(…))` as Python prints it: processors that write `str(span_data.response)`
 * leave nothing else. Read are the figures, the instructions, and the texts and calls of the answer; the text itself stays on the step.
 * Every pattern is bounded and looks from one place on.
 */
export function printedResponse(text: string): ReadonlyMap<string, unknown> | undefined {
  if (!text.startsWith('Response(')) return undefined;
  const usage = /usage=ResponseUsage\(([^)]{0,300}\)?[^)]{0,300}\)?[^)]{0,300})/.exec(text)?.[1] ?? '';
  const count = (name: string): number | undefined => {
    const found = new RegExp(`\\b${name}=(\\d{1,12})`).exec(usage)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const instructions = literalAfter(text, 'instructions=', 0);
  const output = outputOf(text);
  return new Map<string, unknown>([
    ['id', /^Response\(id='([^']{1,200})'/.exec(text)?.[1]],
    ['model', /[,(] ?model='([^']{1,200})'/.exec(text)?.[1]],
    ['instructions', instructions?.text],
    ['output', output.length === 0 ? undefined : output],
    [
      'usage',
      new Map<string, unknown>([
        ['input_tokens', count('input_tokens')],
        ['output_tokens', count('output_tokens')],
        ['input_tokens_details', new Map([['cached_tokens', count('cached_tokens')]])],
        ['output_tokens_details', new Map([['reasoning_tokens', count('reasoning_tokens')]])],
      ]),
    ],
  ]);
}

const maximumItems = 1_000;

/** Texts and calls in their order. */
function outputOf(text: string): readonly unknown[] {
  const items: unknown[] = [];
  const marks = /ResponseOutputText\(|ResponseFunctionToolCall\(/g;
  for (let mark = marks.exec(text); mark !== null && items.length < maximumItems; mark = marks.exec(text)) {
    const from = mark.index + mark[0].length;
    if (mark[0].startsWith('ResponseOutputText')) {
      const found = literalAfter(text, ' text=', from) ?? literalAfter(text, 'text=', from);
      if (found === undefined) continue;
      items.push(
        new Map<string, unknown>([
          ['type', 'message'],
          ['role', 'assistant'],
          [
            'content',
            [
              new Map([
                ['type', 'output_text'],
                ['text', found.text],
              ]),
            ],
          ],
        ]),
      );
      marks.lastIndex = found.end;
    } else {
      const given = literalAfter(text, 'arguments=', from);
      const id = literalAfter(text, 'call_id=', from);
      const name = literalAfter(text, ' name=', from);
      if (name === undefined) continue;
      items.push(
        new Map<string, unknown>([
          ['type', 'function_call'],
          ['call_id', id?.text],
          ['name', name.text],
          ['arguments', given?.text],
        ]),
      );
      marks.lastIndex = name.end;
    }
  }
  return items;
}

/** A Python text in quotes that follows a word. */
function literalAfter(
  text: string,
  word: string,
  from: number,
): { readonly text: string; readonly end: number } | undefined {
  const at = text.indexOf(word, from);
  const quote = at < 0 ? undefined : text[at + word.length];
  if (quote !== "'" && quote !== '"') return undefined;
  const start = at + word.length + 1;
  let read = '';
  for (let position = start; position < text.length; position++) {
    const character = text[position] ?? '';
    if (character === quote) return { text: read, end: position + 1 };
    if (character !== '\\') {
      read += character;
      continue;
    }
    position += 1;
    const escaped = text[position] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[escaped];
    const hex = digits === undefined ? '' : text.slice(position + 1, position + 1 + digits);
    if (
      digits !== undefined &&
      hex.length === digits &&
      /^[0-9a-f]+$/i.test(hex) &&
      Number.parseInt(hex, 16) <= 0x10ffff
    ) {
      read += String.fromCodePoint(Number.parseInt(hex, 16));
      position += digits;
    } else
      read +=
        new Map([
          ['n', '\n'],
          ['r', '\r'],
          ['t', '\t'],
        ]).get(escaped) ?? escaped;
  }
  return undefined;
}
