import { describeAgent, jsAgent } from './agent-suite.ts';

describeAgent(jsAgent('langgraph-agent', 'chat', true, 'openai.chat'));
describeAgent(jsAgent('langgraph-agent', 'responses', false, 'openai.responses'));
