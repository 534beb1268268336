import type { Message, Part } from '../../../../shared/model/message.ts';
import type { EventView, SpanView } from '../../telemetry/span-view.ts';
import { dataOf, worseState } from './attribute-content.ts';
import type { MessagesReading } from './convention.ts';
import { normaliseFinishReason } from './finish-reasons.ts';
import { asArray, asNumber, field, known, textField } from './structure.ts';

/** A stream of more pieces is none of a model's. */
const mostChunks = 20_000;
const mostCalls = 1_000;
const chunkName = /^mlflow\.chunk\.item\.(\d{1,9})$/;

interface Draft {
  id: string | undefined;
  name: string;
  given: string;
}

/**
 * MLflow puts a stream of OpenAI's chat together from its texts and leaves the tools out that were asked for (mlflow 3.17); the pieces that came
 * are events of the span, one each. SDKs keep 128 events of a span: where some are gone, so may be some of the calls.
 */
export function withStreamedCalls(view: SpanView, said: MessagesReading): MessagesReading {
  const [message, second] = said.messages;
  if (message === undefined || second !== undefined || message.parts.some(({ type }) => type === 'tool_call'))
    return said;
  const drafts = new Map<number, Draft>();
  let pieces = 0;
  let reason: string | undefined;
  for (const event of view.events.slice(0, mostChunks)) {
    const at = chunkName.exec(event.name)?.[1];
    if (at === undefined) continue;
    pieces = Math.max(pieces, Number(at) + 1);
    const choice = asArray(field(chunkOf(event), 'choices'))?.[0];
    reason = textField(choice, 'finish_reason') ?? reason;
    for (const [position, piece] of (asArray(field(field(choice, 'delta'), 'tool_calls')) ?? []).entries())
      add(drafts, asNumber(field(piece, 'index')) ?? position, piece);
  }
  if (drafts.size === 0) return said;
  const calls = [...drafts].toSorted(([left], [right]) => left - right).map(([, draft]) => partOf(draft));
  const whole: Message = {
    ...message,
    parts: [...message.parts, ...calls],
    ...(reason === undefined ? {} : { finishReason: normaliseFinishReason(reason) }),
  };
  const isWhole = view.events.filter(({ name }) => chunkName.test(name)).length >= pieces && reason !== undefined;
  return { messages: [whole], state: isWhole ? said.state : worseState(said.state, 'truncated') };
}

const chunkOf = (event: EventView): unknown => dataOf(event.attributes.get('mlflow.chunk.value'))?.data;

function add(drafts: Map<number, Draft>, at: number, piece: unknown): void {
  const asked = field(piece, 'function');
  let draft = drafts.get(at);
  if (draft === undefined) {
    if (drafts.size >= mostCalls) return;
    drafts.set(at, (draft = { id: undefined, name: '', given: '' }));
  }
  draft.id ??= textField(piece, 'id');
  draft.name ||= textField(asked, 'name') ?? '';
  draft.given += textField(asked, 'arguments') ?? '';
}

const partOf = ({ id, name, given }: Draft): Part => ({
  type: 'tool_call',
  name: name === '' ? 'unknown' : name,
  ...known({ id }),
  ...(given === '' ? {} : { arguments: given }),
});
