import { elementsOf, memberOf, replaceWith, setMember, sourceOf } from '../../../../base/json-cursor.ts';
import type { JsonCursor } from '../../../../base/json-cursor.ts';
import { asList, asRecord, asText, defined, isRecord, parseJson } from '../../../../base/json-values.ts';
import { formatSse } from '../../sse.ts';
import type { WireFormat, WireItem } from '../../wire.ts';
import { locatedText, nothingAt, otherParams } from '../wire-common.ts';
import { generateByHand } from './by-hand.ts';
import { contentsOf, joinChunks, readParts, readTools } from './reading.ts';
import { generateTools } from './tools.ts';
import { writeFinish, writePart, writeUsage } from './writing.ts';

/** Gemini generateContent and streamGenerateContent. Model and stream are in the path. Shapes: FACTS.md, Wire shapes. */

const knownMembers = new Set(['contents', 'systemInstruction', 'system_instruction', 'tools', 'labels']);
const modelInPath = /(\/models\/)([^/]+)(:(?:generateContent|streamGenerateContent))/;

export const geminiGenerate: WireFormat = {
  family: 'gemini.generate',
  provider: 'gcp.gemini',
  operation: 'generate_content',
  providerKind: 'google',
  providerId: 'google',
  byHand: generateByHand,
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

  /** Without `alt=sse` a stream is one JSON list. */
  readAnswer: (body) => joinChunks((Array.isArray(body) ? body : [body]).map(asRecord)),
  readStream: (events) => joinChunks(events.map(({ data }) => asRecord(parseJson(data)))),

  liveText: (event) =>
    asList(asRecord(asRecord(asList(event['candidates'])[0])['content'])['parts'])
      .map((part) => (asRecord(part)['thought'] === true ? '' : (asText(asRecord(part)['text']) ?? '')))
      .join(''),

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

  withModel: (request, model) => ({
    ...request,
    path: request.path.replace(
      modelInPath,
      (_match, before: string, _old: string, after: string) => before + encodeURIComponent(model) + after,
    ),
  }),
  withModelOf(path, other) {
    const model = modelInPath.exec(other)?.[2];
    return model === undefined
      ? path
      : path.replace(modelInPath, (_match, before: string, _old: string, after: string) => before + model + after);
  },
  ownMembers: ['contents', 'systemInstruction', 'system_instruction'],
  tools: generateTools,

  itemList: (root) => memberOf(root, 'contents'),
  placesOf: (root) => elementsOf(memberOf(root, 'contents') ?? nothingAt(root)).map((_, index) => [index]),
  systemTexts(root) {
    const system = memberOf(root, 'systemInstruction') ?? memberOf(root, 'system_instruction');
    return system ? textsOf(system) : [];
  },
  itemTexts: textsOf,
  results(root) {
    return elementsOf(memberOf(root, 'contents') ?? nothingAt(root)).flatMap((content) =>
      elementsOf(memberOf(content, 'parts') ?? nothingAt(root)).flatMap((part) => {
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
  otherSystemMember: 'system_instruction',
  writeResult({ value }, content, isError) {
    const given = parseJson(content);
    return [
      replaceWith(
        value,
        JSON.stringify(isRecord(given) ? given : { [isError === true ? 'error' : 'output']: content }),
      ),
    ];
  },

  /** Results are objects here, so clients put a text into one. */
  plainResult(result) {
    const entries = Object.entries(asRecord(parseJson(result)));
    const [entry] = entries;
    return entry &&
      entries.length === 1 &&
      ['output', 'result', 'content'].includes(entry[0]) &&
      typeof entry[1] === 'string'
      ? entry[1]
      : result;
  },
};

function decodeModel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function textsOf(content: JsonCursor): ReturnType<WireFormat['itemTexts']> {
  return elementsOf(memberOf(content, 'parts') ?? nothingAt(content)).flatMap((part) =>
    locatedText(memberOf(part, 'text')),
  );
}
