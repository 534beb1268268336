import type { Message, Part } from '../../../../../../shared/model/message.ts';
import { membersOfTree } from '../../../../base/json-tree.ts';
import type { JsonMember, JsonTree } from '../../../../base/json-tree.ts';
import { defined, isRecord, parseJson } from '../../../../base/json-values.ts';
import type { JsonRecord } from '../../../../base/json-values.ts';
import type { ByHand } from '../../by-hand.ts';
import {
  argumentsObject,
  isAnswer,
  isInstruction,
  jsonSchema,
  unknownBytes,
  unknownPart,
  without,
  writeTraced,
} from '../traced-call.ts';
import type { NoteOf, ParameterNames } from '../traced-call.ts';

const parameterNames: ParameterNames = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  max_tokens: 'maxOutputTokens',
  max_output_tokens: 'maxOutputTokens',
  max_completion_tokens: 'maxOutputTokens',
  stop: 'stopSequences',
  stop_sequences: 'stopSequences',
  seed: 'seed',
  n: 'candidateCount',
  choice_count: 'candidateCount',
  candidate_count: 'candidateCount',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
  response_mime_type: 'responseMimeType',
};

/** Members of `generationConfig` that the packages have in their own configuration, and write as they are. */
const ofConfig = new Set([
  'temperature',
  'topP',
  'topK',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'candidateCount',
  'frequencyPenalty',
  'presencePenalty',
  'responseMimeType',
]);

/** What the packages take as it is; all other members go along in `extraBody`, which they add to the request. */
function configOf(model: string, body: JsonTree): readonly JsonMember[] {
  const members = membersOfTree(body);
  const generation = membersOfTree(members.find(([key]) => key === 'generationConfig')?.[1]);
  const others = members.filter(([key]) => key !== 'contents' && key !== 'generationConfig');
  const otherGeneration = generation.filter(([key]) => !ofConfig.has(key));
  const extra: JsonMember[] = [
    ...others,
    ...(otherGeneration.length === 0
      ? []
      : [['generationConfig', { kind: 'object', members: otherGeneration }] satisfies JsonMember]),
  ];
  const config: JsonMember[] = [
    ...generation.filter(([key]) => ofConfig.has(key)),
    ...(extra.length === 0
      ? []
      : [
          [
            'httpOptions',
            { kind: 'object', members: [['extraBody', { kind: 'object', members: extra }]] },
          ] satisfies JsonMember,
        ]),
  ];
  const contents = members.find(([key]) => key === 'contents')?.[1] ?? { kind: 'list', items: [] };
  return [
    ['model', { kind: 'text', text: model }],
    ['contents', contents],
    ...(config.length === 0 ? [] : [['config', { kind: 'object', members: config }] satisfies JsonMember]),
  ];
}

export const generateByHand: ByHand = {
  home: 'gemini',
  path: (model, stream) => `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  headers: (key) => [['x-goog-api-key', key]],
  python: {
    imports: 'from google import genai',
    client: 'genai.Client',
    options: { key: 'api_key' },
    call: 'client.models.generate_content',
    stream: 'client.models.generate_content_stream',
  },
  typescript: {
    imports: "import { GoogleGenAI } from '@google/genai';",
    client: 'GoogleGenAI',
    options: { key: 'apiKey' },
    call: 'client.models.generateContent',
    stream: 'client.models.generateContentStream',
  },
  pythonArguments: configOf,
  typescriptArgument: (model, body) => ({ kind: 'object', members: configOf(model, body) }),
  write: (call) =>
    // Whether it streams stands in the address.
    writeTraced(call, parameterNames, ({ members, note }) => {
      const system = call.messages.filter(isInstruction).flatMap(({ parts }) => parts);
      const declarations = call.tools.map(({ name, description, parameters }) =>
        defined({ name, description, parametersJsonSchema: jsonSchema(parameters) }),
      );
      return {
        ...(system.length === 0
          ? {}
          : { systemInstruction: { parts: system.flatMap((part) => writePart(part, note)) } }),
        contents: call.messages
          .filter((message) => !isInstruction(message))
          .map((message) => writeContent(message, note)),
        ...(declarations.length === 0 ? {} : { tools: [{ functionDeclarations: declarations }] }),
        ...(Object.keys(members).length === 0 ? {} : { generationConfig: members }),
      };
    }),
};

function writeContent(message: Message, note: NoteOf): JsonRecord {
  return {
    role: isAnswer(message) ? 'model' : 'user',
    parts: message.parts.flatMap((part) => writePart(part, note)),
  };
}

function writePart(part: Part, note: NoteOf): readonly JsonRecord[] {
  switch (part.type) {
    case 'text':
      return [{ text: part.text }];
    case 'tool_call':
      return [
        { functionCall: { ...defined({ id: part.id }), name: part.name, args: argumentsObject(part.arguments) } },
      ];
    case 'tool_result': {
      const response = parseJson(part.result);
      return [
        {
          functionResponse: {
            ...defined({ id: part.id }),
            name: part.name ?? 'tool',
            response: isRecord(response) ? response : { result: part.result },
          },
        },
      ];
    }
    case 'media':
      if (part.data !== undefined)
        return [{ inlineData: { mimeType: part.mimeType ?? unknownBytes, data: part.data } }];
      return without('media', note);
    case 'reasoning':
      return without('reasoning', note);
    default:
      return unknownPart(part, note);
  }
}
