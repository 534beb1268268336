/** A checkpoint script of one's own: an agent that keeps its messages in a file after each step goes on from any of them. */
import { readFileSync } from 'node:fs';
import { agent } from './agent.mjs';

const request = JSON.parse(readFileSync(process.env.RETAKE_REQUEST_FILE, 'utf8'));
const checkpoint = `checkpoints/after-${request.fork.tool_call_ids.length}-tools.json`;
const messages = JSON.parse(readFileSync(checkpoint, 'utf8'));
for (const edit of request.edits)
  if (edit.op === 'tool_result')
    messages.find(({ tool_call_id }) => tool_call_id === edit.callId).content = edit.content;
process.stdout.write(`@retake ${JSON.stringify({ type: 'mapped', checkpoint })}\n`);
await agent(messages);
