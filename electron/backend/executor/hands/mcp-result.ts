import { asList, asRecord, asText, isRecord } from '../../base/json-values.ts';

/** What a model reads of an MCP tool result: its texts; other parts by what they are, structured content where there is no part. */
export function textOfMcpResult(result: unknown): string {
  const { content, structuredContent } = asRecord(result);
  const parts = asList(content);
  if (parts.length === 0) return structuredContent === undefined ? '' : JSON.stringify(structuredContent);
  return parts
    .map((item) => {
      const part = asRecord(item);
      if (part['type'] === 'text') return asText(part['text']) ?? '';
      if (part['type'] === 'resource' && isRecord(part['resource']) && typeof part['resource']['text'] === 'string')
        return part['resource']['text'];
      return `[${[part['type'], part['mimeType'], part['uri']].filter((word) => typeof word === 'string').join(' ')}]`;
    })
    .join('\n');
}
