import type { Edit } from '../../../../shared/model/edit.ts';
import type { Secrets } from '../../base/secrets.ts';
import type { WireAnswer, WireCall, WireFormat, WirePart } from './wire.ts';

/** Another provider answers a live call of an agent that knows nothing of it (FACTS.md, Swap rules). */
export interface CrossTarget {
  /** Id of a provider of the settings, or openai, anthropic, google. */
  readonly provider: string;
  readonly model: string;
}

export interface CrossRequest {
  /** As it would go out in the agent's own format, edits applied. */
  readonly call: WireCall;
  readonly body: unknown;
  readonly format: WireFormat;
  readonly target: CrossTarget;
  readonly signal: AbortSignal;
  readonly onText: (text: string) => void;
}

export interface CrossReply {
  readonly answer: WireAnswer;
  readonly status: number;
  readonly notes: readonly string[];
  /** OpenTelemetry's name of the provider. */
  readonly providerName: string;
  readonly serverAddress: string | undefined;
  readonly firstTextMs: number | undefined;
}

/** Resolves for whatever a provider does; a failure is an answer with an error. */
export type AskProvider = (request: CrossRequest) => Promise<CrossReply>;

/** Who answers by these edits: the last one of the provider, with the model of an edit after it. Undefined: the agent's own. */
export function crossTarget(edits: readonly Edit[]): CrossTarget | undefined {
  return edits.reduce<CrossTarget | undefined>((target, edit) => {
    if (edit.op === 'provider') return { provider: edit.provider, model: edit.model };
    return target && edit.op === 'model' ? { ...target, model: edit.model } : target;
  }, undefined);
}

/**
 * What the agent gets of such an answer. Reasoning stays here: the agent would send it back as its own provider's, which refuses
 * what it did not sign.
 */
export function answerForAgent(
  answer: WireAnswer,
  agentModel: string,
): { readonly answer: WireAnswer; readonly note: string | undefined } {
  const parts = answer.parts.filter(({ type }) => type !== 'reasoning');
  return {
    answer: { ...answer, parts, model: agentModel },
    note:
      parts.length === answer.parts.length
        ? undefined
        : 'The reasoning of the other model is kept here and was not given to the agent.',
  };
}

/** The whole answer as it is kept: without keys, and with the name of the model that gave it. */
export function keptAnswer(secrets: Secrets, { model }: CrossTarget, { answer }: CrossReply): WireAnswer {
  return {
    ...answer,
    model: answer.model ?? model,
    parts: JSON.parse(secrets.cleanText(JSON.stringify(answer.parts))) as readonly WirePart[],
  };
}
