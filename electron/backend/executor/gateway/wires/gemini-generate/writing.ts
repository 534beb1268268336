import type { Usage } from '../../../../../../shared/model/usage.ts';
import { defined, isRecord, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { WireAnswer, WirePart } from '../../wire.ts';

/** Answers in the shapes of generateContent. */

export function writePart(part: WirePart): readonly JsonRecord[] {
  const signature = defined({ thoughtSignature: part.signature });
  switch (part.type) {
    case 'text':
      return [{ text: part.text, ...signature }];
    case 'reasoning':
      return [{ text: part.text ?? '', thought: true, ...signature }];
    case 'tool_call': {
      const args = parseJson(part.arguments ?? '{}');
      return [
        {
          functionCall: {
            ...defined({ id: part.id }),
            name: part.name,
            args: isRecord(args) ? args : { input: part.arguments ?? '' },
          },
          ...signature,
        },
      ];
    }
    case 'media':
      return part.data === undefined
        ? []
        : [{ inlineData: { ...defined({ mimeType: part.mimeType }), data: part.data } }];
    case 'unknown': {
      const raw = parseJson(part.raw);
      return isRecord(raw) ? [raw] : [];
    }
    default:
      return [];
  }
}

/** STOP also ends an answer that asks for tools. */
export function writeFinish({ finish }: WireAnswer): string {
  return finish === 'length' ? 'MAX_TOKENS' : finish === 'content_filter' ? 'SAFETY' : 'STOP';
}

export function writeUsage(usage: Usage | undefined): JsonRecord {
  const input = usage?.input ?? 0;
  const output = usage?.output ?? 0;
  const reasoning = usage?.reasoning;
  return {
    promptTokenCount: input,
    candidatesTokenCount: Math.max(0, output - (reasoning ?? 0)),
    totalTokenCount: input + output,
    ...defined({ thoughtsTokenCount: reasoning, cachedContentTokenCount: usage?.cacheRead }),
  };
}
