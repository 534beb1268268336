import { describeAgent, jsAgent } from './agent-suite.ts';

describeAgent(jsAgent('ai-sdk-agent', 'openai', true, 'openai.responses'));
describeAgent(jsAgent('ai-sdk-agent', 'openai-chat', false, 'openai.chat'));
describeAgent(jsAgent('ai-sdk-agent', 'anthropic', false, 'anthropic.messages'));
describeAgent(jsAgent('ai-sdk-agent', 'google', true, 'gemini.generate'));
