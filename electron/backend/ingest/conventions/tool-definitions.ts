import type { ToolDefinition } from '../../../../shared/model/message.ts';
import { anyField, asArray, asText, entriesOf, field, isStructure, known, textField, textOrJson } from './structure.ts';

const maximumTools = 10_000;

/**
 * Tools offered to a model, from a list in any dialect: OpenTelemetry `{type, name, parameters}`, AI SDK `inputSchema`,
 * OpenAI `{type, function:{…}}`, Anthropic `input_schema`, Gemini `functionDeclarations`, names only, each also as JSON text.
 */
export function readToolDefinitions(value: unknown): readonly ToolDefinition[] {
  const list = asArray(value) ?? asArray(anyField(value, 'tools', 'function_tools'));
  if (list !== undefined) return list.slice(0, maximumTools).flatMap((tool) => readToolDefinition(tool));
  // AI SDK tool sets as an object by name.
  if (isStructure(value) && !isDefinition(value)) {
    return entriesOf(value)
      .slice(0, maximumTools)
      .flatMap(([name, tool]) => (isStructure(tool) ? definition(name, tool) : []));
  }
  return readToolDefinition(value);
}

/** One tool by itself, in any dialect: what OpenInference writes per tool. In a tool set `function` or `type` would be a tool without a name. */
function isDefinition(value: unknown): boolean {
  return (
    textField(value, 'name', 'type') !== undefined ||
    textField(anyField(value, 'function', 'toolSpec'), 'name') !== undefined ||
    asArray(anyField(value, 'functionDeclarations', 'function_declarations')) !== undefined
  );
}

function readToolDefinition(value: unknown, depth = 0): readonly ToolDefinition[] {
  if (depth > 3) return [];
  if (typeof value === 'string') {
    if (!value.startsWith('{')) return value === '' ? [] : [{ name: value }];
    try {
      return readToolDefinition(JSON.parse(value), depth + 1);
    } catch {
      return [];
    }
  }
  const declarations = asArray(anyField(value, 'functionDeclarations', 'function_declarations'));
  if (declarations !== undefined)
    return declarations.flatMap((tool) => readToolDefinition(tool, depth + 1)).map(withJsonSchema);
  const stated = anyField(value, 'function', 'toolSpec');
  // The definition itself may be JSON text within its wrapper.
  if (typeof stated === 'string' && stated.startsWith('{')) return readToolDefinition(stated, depth + 1);
  const nested = isStructure(field(stated, 'function')) ? field(stated, 'function') : stated;
  const source = isStructure(nested) ? nested : value;
  // Provider tools have no name of their own: {type:'web_search_preview'}.
  const name = textField(source, 'name') ?? textField(value, 'name', 'type');
  return name === undefined ? [] : definition(name, source);
}

function definition(name: string, source: unknown): readonly ToolDefinition[] {
  const description = textField(source, 'description');
  const schema = anyField(
    source,
    'parameters',
    'inputSchema',
    'input_schema',
    'parametersJsonSchema',
    'json_schema',
    'args',
  );
  const parameters = asText(schema) ?? textOrJson(schema);
  return [{ name, ...known({ description, parameters }) }];
}

const schemaTypes: ReadonlySet<string> = new Set(['OBJECT', 'ARRAY', 'STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'NULL']);

/** Gemini's own schemas name types in capitals: every other reader of a schema wants them as JSON Schema has them. */
function withJsonSchema(tool: ToolDefinition): ToolDefinition {
  if (tool.parameters === undefined) return tool;
  try {
    const schema: unknown = JSON.parse(tool.parameters, (key, value: unknown) =>
      key === 'type' && typeof value === 'string' && schemaTypes.has(value) ? value.toLowerCase() : value,
    );
    return { ...tool, parameters: JSON.stringify(schema) };
  } catch {
    return tool;
  }
}
