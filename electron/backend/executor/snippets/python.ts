import { escapedCode, quoted, writeLiteral } from './literals.ts';
import type { LiteralLanguage } from './literals.ts';
import { someProvider } from './program.ts';
import type { CopiedCall } from './program.ts';

const constants: Readonly<Record<string, string>> = { true: 'True', false: 'False', null: 'None' };

/** Half a sign cannot be sent by its packages: it is written as the sign for what cannot be read. */
const python: LiteralLanguage = {
  indent: '    ',
  escape(sign) {
    const code = sign.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) return escapedCode(0xfffd);
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : escapedCode(code);
  },
  key: (key) => quoted(key, python),
  scalar: (source) => constants[source] ?? source,
  deep: (source) => `json.loads(${quoted(source, python)})`,
};

export function writePython({ byHand, endpoint, model, stream, body, notes }: CopiedCall): string {
  const { imports, client, options, call, stream: streamed } = byHand.python;
  const address =
    endpoint === undefined
      ? `os.environ["${someProvider.variable}"]`
      : endpoint.variable === undefined
        ? `"${endpoint.base}"`
        : undefined;
  const made = [
    ...(address === undefined || options.address === undefined ? [] : [`${options.address}=${address}`]),
    `${options.key}=os.environ["${endpoint?.key ?? someProvider.key}"]`,
  ];
  const given = byHand
    .pythonArguments(model, body)
    .map(([name, value]) => `    ${name}=${writeLiteral(value, python, 1)},`);
  const text = given.join('\n');
  const asked = [`${stream ? (streamed ?? call) : call}(`, text, ')'].join('\n');
  return [
    ...(text.includes('json.loads(') ? ['import json'] : []),
    'import os',
    '',
    imports,
    '',
    ...notes.map((note) => `# ${plainLine(note)}`),
    `client = ${client}(${made.join(', ')})`,
    ...(stream
      ? [`for event in ${asked}:`, '    print(event)']
      : [`response = ${asked}`, 'print(response.model_dump_json(indent=2))']),
    '',
  ].join('\n');
}

/** A note in one line, with nothing in it that cannot be seen. */
export function plainLine(note: string): string {
  return note.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]+/gu, ' ');
}
