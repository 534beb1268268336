import {
  asArray,
  asText,
  field,
  isStructure,
  numberField,
  textField,
  textOrJson,
} from '../../conventions/structure.ts';
import { messageText, present, restOf } from '../recorded/messages.ts';
import type { RecordedRun, RecordedStep } from '../recorded/recorded-run.ts';
import { writeRuns } from '../recorded/write-runs.ts';
import { confidence } from '../source.ts';
import type { DocumentSource } from '../source.ts';

/**
 * Failures of Who&When (ag2ai/Agents_Failure_Attribution): a conversation of several agents, and which of them made the decisive mistake at
 * which step. No times, models or tokens.
 */
export const whoAndWhen: DocumentSource = {
  id: 'who-and-when',
  label: 'Who&When',
  holds: 'trajectories',
  version: 1,
  input: 'document',
  detect: ({ text }) =>
    text !== undefined &&
    /"history"\s*:\s*\[/.test(text) &&
    /"(mistake_agent|mistake_step|mistake_reason|question_ID)"\s*:/.test(text)
      ? confidence.strong
      : confidence.none,
  recognises: (document) => listOf(document).slice(0, 100).some(isFailure),
  read: ({ document, place }, out) =>
    writeRuns(function* (report) {
      for (const [index, failure] of listOf(document).entries()) {
        if (isFailure(failure)) yield readFailure(failure, place + index);
        else report.skip(`element ${index + 1} of the file: no history of Who&When`);
      }
      report.warn('Who&When keeps no times: the steps stand in their order; durations are not known');
    }, out),
};

const listOf = (document: unknown): readonly unknown[] => asArray(document) ?? [document];
const isFailure = (value: unknown): boolean =>
  isStructure(value) &&
  asArray(field(value, 'history')) !== undefined &&
  ['mistake_agent', 'mistake_step', 'mistake_reason', 'question_ID', 'is_correct', 'is_corrected'].some(
    (key) => field(value, key) !== undefined,
  );

const carried = new Set([
  'history',
  'question',
  'mistake_agent',
  'mistake_step',
  'mistake_reason',
  'ground_truth',
  'is_correct',
  'is_corrected',
]);

function readFailure(failure: unknown, place: number): RecordedRun {
  const history = asArray(field(failure, 'history')) ?? [];
  const mistake = numberField(failure, 'mistake_step');
  const reason = textField(failure, 'mistake_reason');
  const prompts = field(failure, 'system_prompt');
  const texts = history.map((entry) => {
    const name = nameOf(entry);
    const role = isHuman(entry, name) ? 'user' : 'assistant';
    return messageText({
      role,
      parts: [{ type: 'text', content: contentOf(entry) }],
      ...(role === 'assistant' ? { name } : {}),
    });
  });
  const steps = history.flatMap((entry, at): readonly RecordedStep[] => {
    const name = nameOf(entry);
    const content = contentOf(entry);
    if (isHuman(entry, name)) return [];
    const marks = present([
      ['retake.import.mistake', at === mistake ? true : undefined],
      ['retake.import.mistake_reason', at === mistake ? reason : undefined],
    ]);
    // What runs code and says how it ended.
    if (/terminal|executor/i.test(name)) {
      const failed = /^exitcode: [1-9]/.test(content);
      return [
        {
          kind: 'tool',
          name,
          callId: undefined,
          arguments: undefined,
          result: content,
          error: failed ? content.slice(0, 2_000) : undefined,
          attributes: marks,
        },
      ];
    }
    const prompt = textField(prompts, name);
    const before =
      prompt === undefined
        ? texts
        : [messageText({ role: 'system', parts: [{ type: 'text', content: prompt }] }), ...texts.slice(0, at)];
    return [
      {
        kind: 'llm',
        agent: name.replace(/ \((?:thought|->).{0,200}\)$/s, ''),
        input: { messages: before, count: prompt === undefined ? at : before.length },
        output: { role: 'assistant', parts: [{ type: 'text', content }] },
        attributes: [...marks, ...present([['retake.import.role', textField(entry, 'role')]])],
      },
    ];
  });
  const correct = field(failure, 'is_correct') ?? field(failure, 'is_corrected');
  const succeeded = typeof correct === 'boolean' ? correct : reason === undefined ? undefined : false;
  return {
    source: failure,
    place,
    name:
      textField(failure, 'question')?.trim().slice(0, 200) ??
      textField(failure, 'question_ID') ??
      'Who&When trajectory',
    agent: 'Who&When',
    task: textField(failure, 'question_ID') ?? textField(failure, 'question')?.slice(0, 200),
    startNs: undefined,
    steps,
    outcome: {
      succeeded,
      message: [textField(failure, 'mistake_agent'), reason].filter((part) => part !== undefined).join(': '),
    },
    attributes: present([
      ['retake.import.mistake_agent', textField(failure, 'mistake_agent')],
      ['retake.import.mistake_step', mistake],
      ['retake.import.mistake_reason', reason],
      ['retake.import.ground_truth', textOrJson(field(failure, 'ground_truth'))],
    ]),
    rest: restOf(failure, carried),
  };
}

/** The name where there is one; hand-made ones have it in the role. */
const nameOf = (entry: unknown): string => textField(entry, 'name', 'role') ?? 'agent';
const isHuman = (entry: unknown, name: string): boolean =>
  /^(human|user)$/i.test(name) || (textField(entry, 'role') === 'human' && asText(field(entry, 'name')) === undefined);
const contentOf = (entry: unknown): string => textOrJson(field(entry, 'content')) ?? '';
