import type { StepError, StepStatus } from '../../../../shared/model/step.ts';
import type { AttributeReader, SpanView } from '../../telemetry/span-view.ts';
import { meaningful } from './attribute-content.ts';
import { asText, field, known } from './structure.ts';

/** Waiting for a person is not a failure, though LangGraph, LlamaIndex and pydantic-ai end the span with an error (FACTS.md, Fields). */
const pauses = /GraphInterrupt|NodeInterrupt|ParentCommand|Waiting for event|CallDeferred|ApprovalRequired/;
/** Span.SpanKind SERVER. */
const serverKind = 2;
const maximumErrorText = 20_000;

export interface StatusReading {
  readonly status: StepStatus;
  readonly error: StepError | undefined;
}

export interface StatusHints {
  /** What a convention found beyond the span status (Langfuse level, tool status). */
  readonly error: StepError | undefined;
  /** The call gave a result: an exception that was recorded on the way was handled. */
  readonly answered: boolean;
}

/** Span status, else `error.type`, else what the convention says, else an unhandled exception event. */
export function readStatus(view: SpanView, hints: StatusHints): StatusReading {
  const exception = readException(view);
  const errorType = meaningful(view.attributes.text('error.type'));
  const statedStatus = view.attributes.number('http.response.status_code');
  // A server that answers 404 has not failed itself: OpenTelemetry's HTTP rule.
  const httpStatus =
    statedStatus !== undefined && view.kind === serverKind && statedStatus < 500 ? undefined : statedStatus;
  const httpError = httpStatus !== undefined && httpStatus >= 400 ? `HTTP ${httpStatus}` : undefined;
  const signs = errorType ?? httpError ?? (hints.answered ? undefined : exception);
  const failed = view.statusCode === 2 || hints.error !== undefined || (view.statusCode !== 1 && signs !== undefined);
  if (!failed)
    return { status: view.endNs === 0n ? 'running' : view.statusCode === 1 ? 'ok' : 'unset', error: undefined };

  const stated =
    meaningful(view.statusMessage) ??
    hints.error?.message ??
    exception?.message ??
    meaningful(view.attributes.text('error.message'));
  const type = hints.error?.type ?? exception?.type ?? errorType ?? httpError;
  if (pauses.test(`${type ?? ''} ${stated?.slice(0, 500) ?? ''}`)) return { status: 'paused', error: undefined };
  const split = splitStack(stated);
  const message = split.message ?? httpError;
  const stack = exception?.stack ?? split.stack;
  return {
    status: 'error',
    error: {
      ...known({ type }),
      ...(message === undefined ? {} : { message: message.slice(0, maximumErrorText) }),
      ...(stack === undefined ? {} : { stack: stack.slice(0, maximumErrorText) }),
    },
  };
}

function readException(view: SpanView): StepError | undefined {
  const event = view.events.findLast(
    (item) => item.name === 'exception' || item.name === 'gen_ai.client.operation.exception',
  );
  if (event !== undefined) return exceptionOf((key) => event.attributes.text(key));
  const log = view.logs.findLast(
    (item) => item.eventName === 'exception' || item.eventName === 'gen_ai.client.operation.exception',
  );
  return log === undefined ? undefined : exceptionOf((key) => log.attributes.text(key) ?? asText(field(log.body, key)));
}

function exceptionOf(read: (key: string) => string | undefined): StepError {
  const type = read('exception.type');
  const message = read('exception.message');
  const stack = read('exception.stacktrace');
  return { ...known({ type, message, stack }) };
}

/** OpenInference for LangChain puts the stack into the status message: `message \n\n Error: message \n at …`. */
function splitStack(text: string | undefined): {
  readonly message: string | undefined;
  readonly stack: string | undefined;
} {
  if (text === undefined) return { message: undefined, stack: undefined };
  // No line end within the space: 200,000 of them took 33 s.
  const frames = /\n[^\S\n]+at |\nTraceback \(most recent/.exec(text);
  if (frames === null) return { message: text, stack: undefined };
  const blank = text.indexOf('\n\n');
  const end = blank > 0 && blank < frames.index ? blank : frames.index;
  return { message: text.slice(0, end).trim(), stack: text };
}

/** `gen_ai.tool.status`, `success`, or a status inside the result: known only when the emitter says so. */
export function readToolError(attributes: AttributeReader): boolean | undefined {
  const status = attributes.text('gen_ai.tool.status') ?? attributes.text('tool.status');
  if (status !== undefined) return status === 'error';
  const success = attributes.boolean('success');
  return success === undefined ? undefined : !success;
}
