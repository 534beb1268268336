import { createHash } from 'node:crypto';
import type { StoredStep } from '../library/queries/steps.ts';
import { normalizedJson } from '../read/message-compare.ts';
import { hasOwnSource } from '../read/step-content.ts';
import type { ContentReader } from '../read/step-content.ts';

/** A call of a tool, as it is compared with others. */
export interface ToolCall {
  readonly step: number;
  readonly name: string;
  /** Name and arguments; undefined where the trace does not hold the arguments. */
  readonly signature: string | undefined;
  /** Stands for the result; undefined where the trace does not hold it. */
  readonly result: string | undefined;
  readonly resultBegins: string;
  readonly resultLength: number;
  readonly failed: boolean;
  readonly callId: string | undefined;
  readonly requestedBy: number | undefined;
  /** The agent that made it. */
  readonly instance: number | undefined;
  /** One line that names it. */
  readonly words: string;
}

/** What the messages of the run say of its tool calls, by the id of the call. */
export class CallTexts {
  readonly arguments = new Map<string, string>();
  readonly results = new Map<
    string,
    { readonly digest: string; readonly begins: string; readonly length: number; readonly isError: boolean }
  >();

  addResult(callId: string, text: string, isError: boolean): void {
    this.results.set(callId, { digest: digestOf(text), begins: text.slice(0, 400), length: text.length, isError });
  }
}

export function readToolCall(
  stored: StoredStep,
  contents: ContentReader,
  texts: CallTexts,
  instance: number | undefined,
): ToolCall {
  const { step } = stored;
  const { facts } = step;
  const name = facts.tool?.name ?? facts.name;
  const callId = facts.tool?.callId;
  let asked = callId === undefined ? undefined : texts.arguments.get(callId);
  let given = callId === undefined ? undefined : texts.results.get(callId);
  // What no message says is in its own span, or in those around it.
  if (asked === undefined || given === undefined) {
    const own = hasOwnSource(step) || callId === undefined ? contents.tool(stored) : undefined;
    asked ??= own?.arguments;
    if (own?.result !== undefined)
      given ??= {
        digest: digestOf(own.result),
        begins: own.result.slice(0, 400),
        length: own.result.length,
        isError: false,
      };
  }
  return {
    step: step.index,
    name,
    signature: asked === undefined ? undefined : `${name} ${normalizedJson(asked)}`,
    result: given?.digest,
    resultBegins: given?.begins ?? '',
    resultLength: given?.length ?? 0,
    failed: facts.status === 'error' || facts.tool?.isError === true || given?.isError === true,
    callId,
    requestedBy: step.requestedBy,
    instance,
    words: step.preview === undefined ? name : `${name} ${step.preview}`,
  };
}

const digestOf = (text: string): string => createHash('sha256').update(text.trim()).digest('base64');
