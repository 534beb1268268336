import type { ToolDefinition } from '../../../../shared/model/message.ts';
import type { Usage } from '../../../../shared/model/usage.ts';
import { elementsOf, memberOf, replaceWith, setMember, sourceOf } from '../../base/json-cursor.ts';
import type { JsonCursor } from '../../base/json-cursor.ts';
import {
  asCount,
  asList,
  asRecord,
  asText,
  defined,
  isRecord,
  parseJson,
  stableJson,
  sumKnown,
} from '../../base/json-values.ts';
import type { JsonRecord } from '../../base/json-values.ts';
import { formatSse } from './sse.ts';
import { errorText, locatedText, otherParams } from './wire-common.ts';
import type { WireAnswer, WireFinish, WireFormat, WireItem, WirePart } from './wire.ts';

/** Gemini generateContent and streamGenerateContent. Model and stream are in the path. Shapes: rerun.md 7. */

const knownMembers = new Set(['contents', 'systemInstruction', 'system_instruction', 'tools', 'labels']);

export const geminiGenerate: WireFormat = {
  family: 'gemini.generate',
  provider: 'gcp.gemini',
  recognise(path) {
    const match = /\/models\/([^/]+):(generateContent|streamGenerateContent)$/.exec(path);
    return match
      ? { family: 'gemini.generate', model: decodeModel(match[1] ?? ''), stream: match[2] === 'streamGenerateContent' }
      : undefined;
  },

  readRequest(body, route) {
    const request = asRecord(body);
    return {
      family: route.family,
      model: route.model ?? '',
      stream: route.stream === true,
      system: readParts(asRecord(request['systemInstruction'] ?? request['system_instruction'])['parts']),
      items: contentsOf(request['contents']).map((item): WireItem => {
        const content = asRecord(item);
        const parts = readParts(content['parts']);
        const role =
          content['role'] === 'model'
            ? 'assistant'
            : parts.length > 0 && parts.every(({ type }) => type === 'tool_result')
              ? 'tool'
              : 'user';
        return { role, parts };
      }),
      tools: asList(request['tools']).flatMap(readTools),
      params: otherParams(request, knownMembers),
      continues: undefined,
    };
  },

  readAnswer: (body) => joinChunks([asRecord(body)]),
  readStream: (events) => joinChunks(events.map(({ data }) => asRecord(parseJson(data)))),

  writeAnswer: (answer, model) =>
    JSON.stringify({
      candidates: [
        {
          content: { role: 'model', parts: answer.parts.flatMap(writePart) },
          finishReason: writeFinish(answer),
          index: 0,
        },
      ],
      usageMetadata: writeUsage(answer.usage),
      modelVersion: model,
      ...defined({ responseId: answer.id }),
    }),

  writeStream(answer, model) {
    const parts = answer.parts.flatMap(writePart);
    // One chunk a part; the last carries why it ended and what it used. No [DONE], no comments: they break Gemini CLI.
    return (parts.length === 0 ? [[]] : parts.map((part) => [part]))
      .map((piece, index, all) => {
        const last = index === all.length - 1;
        return formatSse(undefined, {
          candidates: [
            {
              content: { role: 'model', parts: piece },
              index: 0,
              ...(last ? { finishReason: writeFinish(answer) } : {}),
            },
          ],
          ...(last ? { usageMetadata: writeUsage(answer.usage) } : {}),
          modelVersion: model,
          ...defined({ responseId: answer.id }),
        });
      })
      .join('');
  },

  writeError: (status, message) =>
    JSON.stringify({ error: { code: status, message, status: status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL' } }),

  itemList: (root) => memberOf(root, 'contents'),
  placesOf: (root) => elementsOf(memberOf(root, 'contents') ?? nothing(root)).map((_, index) => [index]),
  systemTexts(root) {
    const system = memberOf(root, 'systemInstruction') ?? memberOf(root, 'system_instruction');
    return system ? textsOf(system) : [];
  },
  itemTexts: textsOf,
  results(root) {
    return elementsOf(memberOf(root, 'contents') ?? nothing(root)).flatMap((content) =>
      elementsOf(memberOf(content, 'parts') ?? nothing(root)).flatMap((part) => {
        const holder = memberOf(part, 'functionResponse') ?? memberOf(part, 'function_response');
        const value = holder && memberOf(holder, 'response');
        if (!holder || !value) return [];
        const response = asRecord(parseJson(sourceOf(holder)));
        return [{ callId: asText(response['id']), name: asText(response['name']), value, holder }];
      }),
    );
  },
  writeItem: (role, text) => JSON.stringify({ role: role === 'assistant' ? 'model' : 'user', parts: [{ text }] }),
  addSystem(root, text) {
    return (
      setMember(root, 'systemInstruction', JSON.stringify({ parts: [{ text }] })) ?? replaceWith(root, sourceOf(root))
    );
  },
  systemMember: 'systemInstruction',
  writeResult({ value }, content, isError) {
    const given = parseJson(content);
    return [
      replaceWith(
        value,
        JSON.stringify(isRecord(given) ? given : { [isError === true ? 'error' : 'output']: content }),
      ),
    ];
  },
};

function nothing(root: JsonCursor): JsonCursor {
  return { text: root.text, start: root.start, end: root.start };
}

function decodeModel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function contentsOf(value: unknown): readonly unknown[] {
  return isRecord(value) ? [value] : asList(value);
}

function textsOf(content: JsonCursor): ReturnType<WireFormat['itemTexts']> {
  return elementsOf(memberOf(content, 'parts') ?? nothing(content)).flatMap((part) =>
    locatedText(memberOf(part, 'text')),
  );
}

function readParts(value: unknown): readonly WirePart[] {
  return contentsOf(value).flatMap(readPart);
}

function readPart(item: unknown): readonly WirePart[] {
  const part = asRecord(item);
  const signature = asText(part['thoughtSignature'] ?? part['thought_signature']);
  const call = part['functionCall'] ?? part['function_call'];
  if (isRecord(call)) {
    return [
      {
        type: 'tool_call',
        name: asText(call['name']) ?? '',
        arguments: JSON.stringify(call['args'] ?? {}),
        ...defined({ id: asText(call['id']), signature }),
      },
    ];
  }
  const response = part['functionResponse'] ?? part['function_response'];
  if (isRecord(response)) {
    return [
      {
        type: 'tool_result',
        result: stableJson(response['response'] ?? {}),
        ...defined({ id: asText(response['id']), name: asText(response['name']) }),
      },
    ];
  }
  const text = asText(part['text']);
  if (text !== undefined)
    return [
      part['thought'] === true
        ? { type: 'reasoning', text, ...defined({ signature }) }
        : { type: 'text', text, ...defined({ signature }) },
    ];
  const inline = part['inlineData'] ?? part['inline_data'];
  if (isRecord(inline))
    return [
      {
        type: 'media',
        modality: modalityOf(asText(inline['mimeType'] ?? inline['mime_type'])),
        ...defined({ mimeType: asText(inline['mimeType'] ?? inline['mime_type']), data: asText(inline['data']) }),
      },
    ];
  return [{ type: 'unknown', raw: stableJson(part) }];
}

function modalityOf(mimeType: string | undefined): 'image' | 'audio' | 'video' | 'file' {
  const kind = mimeType?.split('/')[0];
  return kind === 'image' || kind === 'audio' || kind === 'video' ? kind : 'file';
}

/** Chunks carry pieces: neighbouring texts of one kind are one part again. */
function joinChunks(chunks: readonly JsonRecord[]): WireAnswer {
  const parts: WirePart[] = [];
  let id: string | undefined;
  let model: string | undefined;
  let finish: WireFinish | undefined;
  let usage: Usage | undefined;
  let error: string | undefined;
  for (const chunk of chunks) {
    id ??= asText(chunk['responseId']);
    model ??= asText(chunk['modelVersion']);
    usage = readUsage(chunk['usageMetadata']) ?? usage;
    error ??= errorText(chunk['error']);
    const candidate = asRecord(asList(chunk['candidates'])[0]);
    finish = readFinish(candidate['finishReason']) ?? finish;
    for (const part of readParts(asRecord(candidate['content'])['parts'])) {
      const last = parts.at(-1);
      const joins =
        last !== undefined &&
        last.signature === undefined &&
        (part.type === 'text' || part.type === 'reasoning') &&
        last.type === part.type;
      if (!joins) {
        parts.push(part);
        continue;
      }
      const text = ('text' in last ? (last.text ?? '') : '') + (part.text ?? '');
      parts[parts.length - 1] = { type: part.type, text, ...defined({ signature: part.signature }) };
    }
  }
  return {
    id,
    model,
    parts: parts.filter((part) => !(part.type === 'text' && part.text === '' && part.signature === undefined)),
    finish,
    usage,
    error,
  };
}

function writePart(part: WirePart): readonly JsonRecord[] {
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

function readTools(item: unknown): readonly ToolDefinition[] {
  const tool = asRecord(item);
  const declared = asList(tool['functionDeclarations'] ?? tool['function_declarations']).map(
    (entry): ToolDefinition => {
      const declaration = asRecord(entry);
      const parameters = declaration['parameters'] ?? declaration['parametersJsonSchema'];
      return {
        name: asText(declaration['name']) ?? '',
        ...defined({
          description: asText(declaration['description']),
          parameters: parameters === undefined ? undefined : stableJson(parameters),
        }),
      };
    },
  );
  const server = Object.keys(tool).filter((key) => key !== 'functionDeclarations' && key !== 'function_declarations');
  return [...declared, ...server.map((name) => ({ name }))];
}

function readFinish(value: unknown): WireFinish | undefined {
  switch (asText(value)) {
    case undefined:
      return undefined;
    case 'STOP':
      return 'stop';
    case 'MAX_TOKENS':
      return 'length';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
      return 'content_filter';
    case 'MALFORMED_FUNCTION_CALL':
      return 'error';
    default:
      return 'other';
  }
}

/** STOP also ends an answer that asks for tools. */
function writeFinish({ finish }: WireAnswer): string {
  return finish === 'length' ? 'MAX_TOKENS' : finish === 'content_filter' ? 'SAFETY' : 'STOP';
}

/** `candidatesTokenCount` excludes what was thought; ours includes it. */
function readUsage(value: unknown): Usage | undefined {
  if (!isRecord(value)) return undefined;
  const reasoning = asCount(value['thoughtsTokenCount']);
  return defined({
    input: asCount(value['promptTokenCount']),
    output: sumKnown(asCount(value['candidatesTokenCount']), reasoning),
    cacheRead: asCount(value['cachedContentTokenCount']),
    reasoning,
  });
}

function writeUsage(usage: Usage | undefined): JsonRecord {
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
