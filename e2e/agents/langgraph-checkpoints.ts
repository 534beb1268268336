import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { BaseMessage } from '@langchain/core/messages';
import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { rerun } from '../../electron/backend/executor/command/adapters/langgraph.mjs';

/**
 * A graph whose checkpoints outlive the process, in the file CHECKPOINTS: `node e2e/agents/langgraph-checkpoints.ts run` begins a
 * thread, `… resume` goes on as Retake asks. The model is whatever OPENAI_BASE_URL says; every tool result names its process.
 */
const file = process.env['CHECKPOINTS'] ?? 'checkpoints.json';
const threadId = 'thread-1';
type Json = Readonly<Record<string, unknown>>;

/** The library's own checkpointer, its content read from the file before and written to it after. */
const saver = new MemorySaver();
if (existsSync(file)) {
  const kept = JSON.parse(readFileSync(file, 'utf8'), (_key, value: unknown) =>
    isBytes(value) ? Uint8Array.from(Buffer.from(value.bytes, 'base64')) : value,
  ) as Pick<MemorySaver, 'storage' | 'writes'>;
  saver.storage = kept.storage;
  saver.writes = kept.writes;
}

function isBytes(value: unknown): value is { readonly bytes: string } {
  return typeof value === 'object' && value !== null && 'bytes' in value && typeof value.bytes === 'string';
}

function keep(): void {
  writeFileSync(
    file,
    JSON.stringify({ storage: saver.storage, writes: saver.writes }, (_key, value: unknown) =>
      value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value,
    ),
  );
}

function wireOf(message: BaseMessage): Json {
  if (message instanceof ToolMessage)
    return { role: 'tool', tool_call_id: message.tool_call_id, content: message.content };
  if (!(message instanceof AIMessage)) return { role: 'user', content: message.content };
  const calls = (message.tool_calls ?? []).map(({ id, name, args }) => ({
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(args) },
  }));
  return { role: 'assistant', content: message.content, ...(calls.length > 0 ? { tool_calls: calls } : {}) };
}

async function agent({ messages }: typeof MessagesAnnotation.State): Promise<typeof MessagesAnnotation.Update> {
  const response = await fetch(`${process.env['OPENAI_BASE_URL']}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-none' },
    body: JSON.stringify({
      model: 'scripted-1',
      messages: [{ role: 'system', content: 'You look things up.' }, ...messages.map(wireOf)],
      tools: [{ type: 'function', function: { name: 'lookup', parameters: { type: 'object' } } }],
    }),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as {
    readonly choices: readonly {
      readonly message: {
        readonly content: string | null;
        readonly tool_calls?: readonly {
          readonly id: string;
          readonly function: { readonly name: string; readonly arguments: string };
        }[];
      };
    }[];
  };
  const message = choices[0]?.message;
  return {
    messages: [
      new AIMessage({
        content: message?.content ?? '',
        tool_calls: (message?.tool_calls ?? []).map((call) => ({
          id: call.id,
          name: call.function.name,
          args: JSON.parse(call.function.arguments) as Json,
        })),
      }),
    ],
  };
}

function tools({ messages }: typeof MessagesAnnotation.State): typeof MessagesAnnotation.Update {
  const last = messages.at(-1);
  const calls = last instanceof AIMessage ? (last.tool_calls ?? []) : [];
  return {
    messages: calls.map(
      ({ id, args }) =>
        new ToolMessage({
          tool_call_id: id ?? '',
          content: `found ${String(args['query'])} in process ${process.argv[2]}`,
        }),
    ),
  };
}

const graph = new StateGraph(MessagesAnnotation)
  .addNode('agent', agent)
  .addNode('tools', tools)
  .addEdge(START, 'agent')
  .addConditionalEdges('agent', ({ messages }) => {
    const last = messages.at(-1);
    return last instanceof AIMessage && (last.tool_calls ?? []).length > 0 ? 'tools' : END;
  })
  .addEdge('tools', 'agent')
  .compile({ checkpointer: saver });

const state =
  process.argv[2] === 'resume'
    ? ((await rerun(graph, { threadId: process.env['THREAD'] ?? threadId })) as
        | typeof MessagesAnnotation.State
        | undefined)
    : await graph.invoke(
        { messages: [{ role: 'user', content: 'the price of tea' }] },
        { configurable: { thread_id: threadId } },
      );
keep();
if (state) process.stdout.write(`${JSON.stringify(state.messages.at(-1)?.content)}\n`);
