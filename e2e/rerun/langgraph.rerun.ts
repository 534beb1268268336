import { describeAgent, jsAgent } from './agent-suite.ts';

// LangChain takes 429 for an end.
describeAgent(jsAgent('langgraph-agent', 'chat', true, 'openai.chat', 503));
describeAgent(jsAgent('langgraph-agent', 'responses', false, 'openai.responses', 503));
