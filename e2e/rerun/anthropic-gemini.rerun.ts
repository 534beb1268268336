import { describeAgent, jsAgent } from './agent-suite.ts';

describeAgent(jsAgent('anthropic-agent', undefined, true, 'anthropic.messages'));
describeAgent(jsAgent('gemini-agent', undefined, true, 'gemini.generate', false));
