import { assertNever } from '../../../shared/model/assert-never.ts';
import type { Edit } from '../../../shared/model/edit.ts';
import type { PreparedTake } from '../../../shared/model/finding.ts';
import type { Part } from '../../../shared/model/message.ts';
import { NotFound } from '../base/faults.ts';
import { readStep } from '../library/queries/steps.ts';
import type { RunReader } from '../read/run-reader.ts';
import { createSeenReader } from '../read/seen-content.ts';
import type { StepContent } from '../telemetry/step-facts.ts';
import { isInstruction } from './context-parts.ts';
import { keysIn } from './describe-key.ts';
import type { TakeHint } from './findings/finding.ts';
import { findingAt } from './kept-analysis.ts';

/** The change that a take without a finding begins with. Throws NotFound. */
export function preparedTake(reader: RunReader, runId: string, at: number): PreparedTake {
  const found = findingAt(reader, runId, at);
  const fromStep = found?.finding.takeFrom;
  if (found === undefined || fromStep === undefined)
    throw new NotFound(`Run ${runId} has no finding ${at} to re-run without.`);
  const contentOf = (step: number): StepContent | undefined =>
    createSeenReader(reader, reader.contents).seen(readStep(reader, runId, step))?.content;
  return { fromStep, ...changesOf(found.hint ?? { type: 'plain' }, fromStep, contentOf) };
}

type Prepared = Omit<PreparedTake, 'fromStep'>;

const nothing = (words: string): Prepared => ({ changes: [], words });
const edit = (change: Edit, words: string): Prepared => ({ changes: [{ type: 'edit', edit: change }], words });

function changesOf(hint: TakeHint, fromStep: number, contentOf: (step: number) => StepContent | undefined): Prepared {
  switch (hint.type) {
    case 'plain':
      return nothing('Nothing is prepared: change what you think it needs.');
    case 'tell':
      return {
        changes: [{ type: 'append', text: hint.text }],
        words: 'A message that says so stands behind the last.',
      };
    case 'remove-tools':
      return edit(
        { op: 'tools', remove: [...hint.names], scope: 'run' },
        `${hint.names.length === 1 ? 'The tool is' : `${hint.names.length} tools are`} not offered.`,
      );
    case 'model':
      return edit(
        { op: 'model', model: hint.model, scope: 'run' },
        `The model is ${hint.model.slice(0, 200)}, as before.`,
      );
    case 'shorten-result':
      return resultChange(hint.callId, contentOf(fromStep), shortened, 'The result is cut to how it begins.');
    case 'hide-key':
      return resultChange(hint.callId, contentOf(fromStep), withoutKeys, 'The credential is taken out of the result.');
    case 'system-of':
      return systemOf(contentOf(hint.step));
    case 'tools-of':
      return toolsOf(contentOf(hint.step), contentOf(fromStep));
    default:
      return assertNever(hint, 'hint');
  }
}

const shortLength = 400;

const shortened = (text: string): string =>
  text.length <= shortLength
    ? text
    : `${text.slice(0, shortLength).toWellFormed()}\n[${text.length - shortLength} more characters were left out]`;

function withoutKeys(text: string): string {
  let clean = text;
  for (const { value, what } of keysIn(text)) clean = clean.replaceAll(value, `[${what} removed]`);
  return clean;
}

function resultChange(
  callId: string,
  content: StepContent | undefined,
  change: (text: string) => string,
  words: string,
): Prepared {
  const result = (content?.input ?? [])
    .flatMap(({ parts }) => parts)
    .find((part): part is Extract<Part, { type: 'tool_result' }> => part.type === 'tool_result' && part.id === callId);
  return result === undefined
    ? nothing('The result is not in the messages of this step: nothing is prepared.')
    : edit({ op: 'tool_result', callId, content: change(result.result) }, words);
}

function systemOf(content: StepContent | undefined): Prepared {
  const texts = (content?.input ?? [])
    .filter(isInstruction)
    .flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])));
  const [text] = texts;
  return text === undefined || texts.length > 1
    ? nothing('The instructions have several parts: put back the one that changed.')
    : edit({ op: 'message', item: 'system', part: 0, text }, 'The system prompt is that of the call before.');
}

function toolsOf(before: StepContent | undefined, now: StepContent | undefined): Prepared {
  const earlier = before?.tools ?? [];
  if (earlier.length === 0) return nothing('The tools of the call before are not in the trace: nothing is prepared.');
  const names = new Set(earlier.map(({ name }) => name));
  const remove = (now?.tools ?? []).flatMap(({ name }) => (names.has(name) ? [] : [name]));
  const current = new Map((now?.tools ?? []).map((tool) => [tool.name, JSON.stringify(tool)]));
  const add = earlier.filter((tool) => current.get(tool.name) !== JSON.stringify(tool));
  return edit(
    {
      op: 'tools',
      scope: 'run',
      ...(remove.length === 0 ? {} : { remove }),
      ...(add.length === 0 ? {} : { add: add.map((tool) => ({ ...tool })) }),
    },
    'The tools are those of the call before.',
  );
}
