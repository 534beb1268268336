/**
 * Retake's adapter for LangGraph.js: goes on from the checkpoint before the fork step, with the edits, and leaves the original thread
 * as it is. Copy this file beside your graph and call it from the script that Retake starts:
 *
 *   import { graph } from './graph.mjs';            // compiled with a checkpointer that outlives the process
 *   import { rerun } from './langgraph.mjs';
 *   await rerun(graph);                             // or rerun(graph, { threadId: 'the thread' })
 *
 * Reads the request at RETAKE_REQUEST_FILE. Lines on the standard output that begin with "@retake " are for Retake.
 * Exit code 64: the checkpoint could not be found. No dependency but what your graph has.
 */
import { readFileSync } from 'node:fs';

const tell = (event) => process.stdout.write(`@retake ${JSON.stringify(event)}\n`);

export async function rerun(graph, options = {}) {
  const request = JSON.parse(readFileSync(process.env.RETAKE_REQUEST_FILE, 'utf8'));
  const hint = request.hints?.langgraph ?? {};
  const threadId = options.threadId ?? hint.thread_id;
  if (!threadId) return stop('The run does not name its thread_id. Give it: rerun(graph, { threadId }).');
  const history = [];
  for await (const state of graph.getStateHistory({ configurable: { thread_id: threadId } })) history.push(state);
  const found = findCheckpoint(history, request.fork, hint, options.messagesKey ?? 'messages');
  if (!found)
    return stop(
      `Thread ${threadId} has ${history.length} checkpoints, none of them before the fork step (${describe(request.fork, hint)}). Is it the same checkpointer as the run's, and does it outlive the process?`,
    );
  const config = await applyEdits(graph, found, request, options.messagesKey ?? 'messages');
  tell({ type: 'mapped', checkpoint_id: config.configurable.checkpoint_id, thread_id: threadId });
  return graph.invoke(null, {
    ...config,
    ...options.config,
    metadata: { ...options.config?.metadata, retake_run_id: request.run_id },
  });
}

/**
 * A node that ran as langgraph_step k started from the checkpoint with metadata.step k-1 and itself in `next`. Spans do not carry the
 * checkpoint's id; where the run tells no step, the tool calls in the model's context tell it.
 */
function findCheckpoint(history, fork, hint, key) {
  const before = history.filter(
    ({ createdAt }) => !createdAt || !fork.started_at_ms || Date.parse(createdAt) <= fork.started_at_ms + 1,
  );
  const byStep = before.filter(
    ({ metadata, next }) =>
      hint.step !== undefined && metadata?.step === hint.step - 1 && next.includes(hint.node ?? next[0]),
  );
  const wanted = JSON.stringify(fork.tool_call_ids ?? []);
  const byCalls = (states) =>
    states.filter(
      ({ values, next }) =>
        next.length > 0 && next[0] !== '__start__' && JSON.stringify(answered(values?.[key] ?? [])) === wanted,
    );
  // The newest first: an earlier one is of an earlier turn of the same thread.
  return (
    (byStep.length > 1 && fork.tool_call_ids ? byCalls(byStep)[0] : undefined) ??
    byStep[0] ??
    (fork.tool_call_ids ? byCalls(before)[0] : undefined)
  );
}

const answered = (messages) =>
  messages.filter((message) => message.tool_call_id).map((message) => message.tool_call_id);
const isSystem = (message) => (message.getType?.() ?? message.type ?? message.role) === 'system';

/** Writes the edited messages as a fork of the checkpoint; a message with a known id replaces that one (the messages reducer). */
async function applyEdits(graph, state, request, key) {
  const messages = state.values?.[key] ?? [];
  const items = messages.filter((message) => !isSystem(message));
  const changes = [];
  const left = [];
  let answer;
  for (const edit of request.edits ?? []) {
    if (edit.op === 'tool_result')
      change(
        items.find((message) => message.tool_call_id === edit.callId),
        edit.content,
        edit,
      );
    else if (edit.op === 'message' && edit.item === 'system') change(messages.find(isSystem), edit.text, edit);
    else if (edit.op === 'message') change(items[edit.item], edit.text, edit);
    else if (edit.op === 'remove_message' && items[edit.item]?.id)
      changes.push({ role: 'remove', type: 'remove', id: items[edit.item].id, content: '' });
    else if (edit.op === 'insert_message' && edit.item >= items.length)
      changes.push({ role: edit.role, content: edit.text });
    else if (edit.op === 'response') answer = answerOf(edit);
    else if (!edit.by_gateway) left.push(edit.op);
  }
  function change(message, text, edit) {
    if (!message) left.push(`${edit.op} ${edit.callId ?? edit.item}`);
    else changes.push(copyWith(message, text));
  }
  if (left.length > 0) tell({ type: 'unapplied', edits: left });
  let config = state.config;
  // As the node that wrote the state: what comes next stays the same.
  if (changes.length > 0) config = await graph.updateState(config, { [key]: changes }, writerOf(state));
  if (answer)
    config = await graph.updateState(config, { [key]: [answer] }, request.hints?.langgraph?.node ?? state.next[0]);
  return config;
}

function writerOf(state) {
  const written = Object.keys(state.metadata?.writes ?? {});
  return written[0];
}

/** A message of the same class, id and other fields, with another text. */
function copyWith(message, text) {
  if (typeof message.getType !== 'function') return { ...message, content: text };
  const { constructor: Kind, lc_kwargs: fields } = message;
  return new Kind({ ...fields, content: text, id: message.id });
}

function answerOf({ parts }) {
  const text = parts
    .filter(({ type }) => type === 'text')
    .map((part) => part.text)
    .join('\n');
  const calls = parts
    .filter(({ type }) => type === 'tool_call')
    .map((part, at) => ({
      id: part.id ?? `call_retake_${at}`,
      name: part.name,
      args: JSON.parse(part.arguments ?? '{}'),
    }));
  return { role: 'assistant', content: text, tool_calls: calls };
}

const describe = (fork, hint) =>
  hint.step === undefined
    ? `${fork.tool_call_ids?.length ?? 0} answered tool calls in its context`
    : `langgraph_step ${hint.step}, node ${hint.node}`;

function stop(message) {
  tell({ type: 'error', message });
  process.exitCode = 64;
  return undefined;
}
