import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { END, MemorySaver, MessagesAnnotation, START, StateGraph } from '@langchain/langgraph';
import { ToolNode } from '@langchain/langgraph/prebuilt';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { history, key, lookup, main, model, stream, system, task, toolDescription, variant } from './agent-tools.ts';

/** A LangGraph graph of a model node and a tool node: `node e2e/agents/langgraph-agent.ts chat|responses [--stream]`. */
await main(async () => {
  const tools = [
    tool(({ q }: { q: string }) => lookup(q), {
      name: 'lookup',
      description: toolDescription,
      schema: z.object({ q: z.string() }),
    }),
  ];
  const llm = new ChatOpenAI({
    model,
    apiKey: key,
    temperature: 0.5,
    useResponsesApi: variant === 'responses',
    maxRetries: 2,
  }).bindTools(tools);
  // Not `streaming: true`: that counts tokens with tables which it downloads.
  async function ask(messages: BaseMessage[]): Promise<AIMessageChunk> {
    if (!stream) return llm.invoke(messages);
    let all: AIMessageChunk | undefined;
    for await (const chunk of await llm.stream(messages)) all = all ? all.concat(chunk) : chunk;
    if (!all) throw new Error('The stream held nothing.');
    return all;
  }
  const app = new StateGraph(MessagesAnnotation)
    .addNode('agent', async (state) => ({ messages: [await ask([new SystemMessage(system), ...state.messages])] }))
    .addNode('tools', new ToolNode(tools))
    .addEdge(START, 'agent')
    .addConditionalEdges(
      'agent',
      (state) => ((state.messages.at(-1) as AIMessage).tool_calls?.length ? 'tools' : END),
      ['tools', END],
    )
    .addEdge('tools', 'agent')
    .compile({ checkpointer: new MemorySaver() });
  const before = history.map(({ role, text }) => (role === 'user' ? new HumanMessage(text) : new AIMessage(text)));
  const result = await app.invoke(
    { messages: [...before, new HumanMessage(task)] },
    { configurable: { thread_id: 'thread-1' }, recursionLimit: 50 },
  );
  return result.messages.at(-1)?.text ?? '';
});
