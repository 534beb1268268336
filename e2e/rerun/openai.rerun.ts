import { describeAgent, jsAgent } from './agent-suite.ts';

describeAgent(jsAgent('openai-agent', 'chat', true, 'openai.chat'));
describeAgent(jsAgent('openai-agent', 'responses', false, 'openai.responses'));
describeAgent(jsAgent('openai-agents-agent', 'responses', true, 'openai.responses'));
describeAgent(jsAgent('openai-agents-agent', 'chat', false, 'openai.chat'));
