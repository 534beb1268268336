import { escapedUnits, quoted, writeLiteral } from './literals.ts';
import type { LiteralLanguage } from './literals.ts';
import { someProvider } from './program.ts';
import type { CopiedCall } from './program.ts';
import { plainLine } from './python.ts';

const typescript: LiteralLanguage = {
  indent: '  ',
  escape: escapedUnits,
  // In a literal `__proto__` is no key but what the object is made after.
  key: (key) =>
    key === '__proto__' ? '["__proto__"]' : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key, typescript),
  scalar: (source) => source,
  deep: (source) => `JSON.parse(${quoted(source, typescript)})`,
};

export function writeTypescript({ byHand, endpoint, model, stream, body, notes }: CopiedCall): string {
  const { imports, client, options, call, stream: streamed } = byHand.typescript;
  const address =
    endpoint === undefined
      ? `process.env["${someProvider.variable}"]`
      : endpoint.variable === undefined
        ? `"${endpoint.base}"`
        : undefined;
  const made = [
    ...(address === undefined || options.address === undefined ? [] : [`${options.address}: ${address}`]),
    `${options.key}: process.env["${endpoint?.key ?? someProvider.key}"]`,
  ];
  const asked = `await ${stream ? (streamed ?? call) : call}(${writeLiteral(byHand.typescriptArgument(model, body), typescript)})`;
  return [
    imports,
    '',
    ...notes.map((note) => `// ${plainLine(note)}`),
    `const client = new ${client}({ ${made.join(', ')} });`,
    ...(stream
      ? [`for await (const event of ${asked}) console.log(JSON.stringify(event));`]
      : [`const response = ${asked};`, 'console.log(JSON.stringify(response, undefined, 2));']),
    '',
  ].join('\n');
}
