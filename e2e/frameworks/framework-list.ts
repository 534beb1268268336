import type { Needs } from './environments.ts';

/** A framework that is tried: what is installed, which agent runs in it, and how many model calls that makes. */
export interface Framework extends Needs {
  readonly name: string;
  /** A file below agents/. */
  readonly agent: string;
  readonly words?: readonly string[];
  readonly model: string;
  /** The same name without the prefix of a router, as the provider gets it. */
  readonly otherModel: string;
  /** Model calls of a run: four that ask for an order, one that answers. */
  readonly calls: number;
  /** Live calls of a fork; all from the third on. */
  readonly live?: number;
  /** The fork is the first call that has read this; else the third, which has read of A2. */
  readonly forkAt?: string;
  /** In requests that the client makes beside the agent's turns. */
  readonly aside?: RegExp;
  readonly environment?: Readonly<Record<string, string>>;
  readonly isGemini?: boolean;
  readonly isWithoutIds?: boolean;
  /** What the user has to do beside starting it with `retake run`; empty: nothing. */
  readonly setUp: string;
}

const openai = { model: 'gpt-4o-mini', otherModel: 'gpt-4.1-mini', calls: 5, setUp: '' } as const;
const anthropic = { model: 'claude-sonnet-4-5', otherModel: 'claude-haiku-4-5', calls: 5, setUp: '' } as const;
const gemini = {
  model: 'gemini-2.5-flash',
  otherModel: 'gemini-2.5-pro',
  calls: 5,
  setUp: '',
  isGemini: true,
} as const;

/** In the order of their use. */
export const frameworks: readonly Framework[] = [
  {
    ...openai,
    name: 'LangGraph @dynamic_prompt',
    language: 'python',
    packages: ['langgraph==1.2.24', 'langchain==1.5.2', 'langchain-openai==1.7.4'],
    agent: 'langgraph_dynamic.py',
  },
  {
    ...openai,
    name: 'LangGraph Send, sub-graphs',
    language: 'python',
    packages: ['langgraph==1.2.24', 'langchain==1.5.2', 'langchain-openai==1.7.4'],
    agent: 'langgraph_send.py',
    calls: 8,
    live: 2,
    forkAt: 'ORDER A1 TOTAL',
  },
  {
    ...openai,
    name: 'Pydantic AI @instructions',
    language: 'python',
    packages: ['pydantic-ai-slim[openai]==2.68.0'],
    agent: 'pydantic_ai_agent.py',
  },
  {
    ...openai,
    name: 'OpenAI Agents, instructions function',
    language: 'python',
    packages: ['openai-agents==0.24.0'],
    agent: 'openai_agents_agent.py',
  },
  {
    ...anthropic,
    name: 'Claude Agent SDK',
    language: 'python',
    packages: ['claude-agent-sdk==0.2.189'],
    agent: 'claude_agent_sdk_agent.py',
    aside: /You are naming a coding session/,
  },
  {
    ...openai,
    name: 'CrewAI',
    language: 'python',
    packages: ['crewai==1.15.30'],
    agent: 'crewai_agent.py',
    environment: { CREWAI_DISABLE_TELEMETRY: 'true', OTEL_SDK_DISABLED: 'true', CREWAI_TRACING_ENABLED: 'false' },
  },
  ...(
    [
      { ...openai, route: 'openai' },
      { ...anthropic, route: 'anthropic' },
      { ...gemini, route: 'gemini', isWithoutIds: true },
      { ...openai, route: 'openrouter', model: 'openai/gpt-4o-mini', otherModel: 'openai/gpt-4.1-mini' },
      { ...openai, route: 'groq', model: 'llama-3.3-70b-versatile', otherModel: 'llama-3.1-8b-instant' },
    ] as const
  ).map(({ route, ...rest }): Framework => ({
    ...rest,
    name: `LiteLLM ${route}/`,
    language: 'python',
    packages: ['litellm==1.110.2'],
    agent: 'litellm_agent.py',
    model: `${route}/${rest.model}`,
    environment: {
      OPENROUTER_API_KEY: 'key-of-a-test',
      GROQ_API_KEY: 'key-of-a-test',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    },
  })),
  {
    ...gemini,
    name: 'Google ADK (Python)',
    language: 'python',
    packages: ['google-adk==2.13.0'],
    agent: 'google_adk_agent.py',
  },
  {
    ...openai,
    name: 'LlamaIndex FunctionAgent, stream',
    language: 'python',
    packages: ['llama-index-core==0.14.25', 'llama-index-llms-openai==0.8.3'],
    agent: 'llama_index_agent.py',
  },
  {
    ...openai,
    name: 'AutoGen',
    language: 'python',
    packages: ['autogen-agentchat==0.7.5', 'autogen-ext[openai]==0.7.5'],
    agent: 'autogen_agent.py',
  },
  {
    ...openai,
    name: 'smolagents ToolCallingAgent',
    language: 'python',
    packages: ['smolagents[openai]==1.26.0'],
    agent: 'smolagents_agent.py',
    words: ['--kind', 'tools'],
  },
  {
    ...openai,
    name: 'smolagents CodeAgent',
    language: 'python',
    packages: ['smolagents[openai]==1.26.0'],
    agent: 'smolagents_agent.py',
    words: ['--kind', 'code'],
  },
  {
    ...openai,
    name: 'Strands (Python)',
    language: 'python',
    packages: ['strands-agents[openai]==1.62.0'],
    agent: 'strands_agent.py',
  },
  {
    ...openai,
    name: 'Strands (TypeScript)',
    language: 'node',
    packages: ['@strands-agents/sdk@1.16.0', 'openai@6.49.0', 'zod@4.6.7'],
    agent: 'strands-js.mjs',
  },
  {
    ...openai,
    name: 'Agno',
    language: 'python',
    packages: ['agno==3.1.10', 'openai==3.57.0'],
    agent: 'agno_agent.py',
  },
  {
    ...openai,
    name: 'DSPy ReAct',
    language: 'python',
    packages: ['dspy==3.4.1'],
    agent: 'dspy_agent.py',
    environment: { LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    calls: 6,
  },
  ...(['responses', 'chat'] as const).map((kind): Framework => ({
    ...openai,
    name: `Microsoft Agent Framework, ${kind}`,
    language: 'python',
    packages: ['agent-framework-core==1.23.0', 'agent-framework-openai==1.17.0'],
    agent: 'agent_framework_agent.py',
    words: ['--kind', kind],
  })),
  ...(
    [
      { ...openai, name: 'Mastra openai/', model: 'openai/gpt-4o-mini', kind: 'router' },
      {
        ...openai,
        name: 'Mastra groq/',
        model: 'groq/llama-3.3-70b-versatile',
        otherModel: 'llama-3.1-8b-instant',
        kind: 'router',
      },
      {
        ...anthropic,
        name: 'Mastra, Anthropic model',
        kind: 'anthropic',
        setUp: 'a model made with the address: the router has no variable for it',
      },
      {
        ...gemini,
        name: 'Mastra, Google model',
        kind: 'google',
        setUp: 'a model made with the address: the router has no variable for it',
      },
    ] as const
  ).map(({ kind, ...rest }): Framework => ({
    ...rest,
    language: 'node',
    packages: ['@mastra/core@1.71.0', '@ai-sdk/anthropic@4.0.105', '@ai-sdk/google@4.0.121', 'zod@4.6.7'],
    agent: 'mastra.mjs',
    words: ['--kind', kind],
    environment: { GROQ_API_KEY: 'key-of-a-test' },
  })),
  {
    ...openai,
    name: 'LangChain.js createAgent',
    language: 'node',
    packages: ['langchain@1.5.14', '@langchain/core@1.4.0', '@langchain/openai@1.5.8', 'zod@4.6.7'],
    agent: 'langchain-js.mjs',
  },
  {
    ...gemini,
    name: 'Google ADK (TypeScript)',
    language: 'node',
    packages: ['@google/adk@2.0.0', 'zod@4.6.7'],
    agent: 'google-adk-js.mjs',
  },
];
