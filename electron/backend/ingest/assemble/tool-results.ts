import type { Message, Part } from '../../../../shared/model/message.ts';
import type { RequestedTool } from '../../telemetry/step-facts.ts';

export interface ToolResult {
  readonly isError: boolean | undefined;
  /** The beginning of the result of a call that failed. */
  readonly message: string | undefined;
}

type ResultPart = Extract<Part, { type: 'tool_result' }>;

const longestMessage = 1_000;

/** A conversation as it was read so far: each of its prompts goes on from the one before. */
interface Conversation {
  last: number;
  /** Which prompt of the conversation each span is. */
  readonly places: Map<number, number>;
  /** By sign: what came as a result, and with which prompt first. */
  readonly results: Map<string, { readonly place: number; readonly result: ToolResult }[]>;
}

/** As many conversations take turns without losing their place. */
const conversationsKept = 8;

export interface PromptReader {
  input(seq: number): readonly Message[];
  /** The messages that the span's input has beyond that of an earlier span; undefined where it does not go on from that. */
  inputBeyond(seq: number, earlier: number): readonly Message[] | undefined;
}

/**
 * Results of tools in prompts. An agent sends all it knows with every call: of a prompt that goes on from one that was read, only what is new
 * is read, or an assembly would cost the square of the run's messages.
 */
export function createPromptResults(
  reader: PromptReader,
): (seq: number, call: RequestedTool) => ToolResult | undefined {
  let conversations: readonly Conversation[] = [];

  function conversationOf(seq: number): Conversation {
    for (const conversation of conversations) if (conversation.places.has(seq)) return conversation;
    for (const conversation of conversations) {
      const messages = reader.inputBeyond(seq, conversation.last);
      if (messages) return add(conversation, seq, messages);
    }
    return add({ last: seq, places: new Map(), results: new Map() }, seq, reader.input(seq));
  }

  function add(conversation: Conversation, seq: number, messages: readonly Message[]): Conversation {
    const place = conversation.places.size;
    conversation.places.set(seq, place);
    conversation.last = seq;
    for (const [sign, part] of resultsBySign(messages)) {
      const found = { place, result: resultOf(part) };
      const known = conversation.results.get(sign);
      if (known) known.push(found);
      else conversation.results.set(sign, [found]);
    }
    conversations = [conversation, ...conversations.filter((one) => one !== conversation)].slice(0, conversationsKept);
    return conversation;
  }

  return (seq, call) => {
    const { places, results } = conversationOf(seq);
    const place = places.get(seq) ?? 0;
    return results.get(signOf(call.id, call.name))?.findLast((found) => found.place <= place)?.result;
  };
}

/** The result of a call among these messages: by id; without one, the latest result of that name. */
export function resultAmong(messages: readonly Message[], call: RequestedTool): ToolResult | undefined {
  const part = resultsBySign(messages).get(signOf(call.id, call.name));
  return part && resultOf(part);
}

function resultsBySign(messages: readonly Message[]): ReadonlyMap<string, ResultPart> {
  const results = new Map<string, ResultPart>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.type === 'tool_result') results.set(signOf(part.id, part.name ?? ''), part);
  }
  return results;
}

function resultOf({ isError, result }: ResultPart): ToolResult {
  return { isError, message: isError === true ? result.slice(0, longestMessage) : undefined };
}

const signOf = (id: string | undefined, name: string): string => (id === undefined ? `name ${name}` : `id ${id}`);
