import { asText, isRecord } from '../../../base/json-values.ts';

/** Names of the tools of a request whose input is plain text: OpenAI's formats have them (`type: custom`), some clients in groups. */
export function plainTextTools(body: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (value: unknown, level: number): void => {
    if (level > 6) return;
    if (Array.isArray(value)) {
      for (const item of value) walk(item, level + 1);
      return;
    }
    if (!isRecord(value)) return;
    const custom = isRecord(value['custom']) ? value['custom'] : value;
    const name = asText(custom['name']);
    if (value['type'] === 'custom' && name !== undefined) names.add(name);
    walk(value['tools'], level + 1);
  };
  const root = isRecord(body) ? body : {};
  walk(root['tools'], 0);
  walk(root['input'], 0);
  return names;
}
