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
  if (isStructure(value) && field(value, 'name') === undefined) {
    return entriesOf(value)
      .slice(0, maximumTools)
      .flatMap(([name, tool]) => (isStructure(tool) ? definition(name, tool) : []));
  }
  return readToolDefinition(value);
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
  if (declarations !== undefined) return declarations.flatMap((tool) => readToolDefinition(tool, depth + 1));
  const nested = anyField(value, 'function', 'toolSpec');
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
