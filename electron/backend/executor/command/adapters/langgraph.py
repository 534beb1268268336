"""Retake's adapter for LangGraph: goes on from the checkpoint before the fork step, with the edits, and leaves the original as it is.

Copy this file beside your graph (as retake_langgraph.py) and call it from the script that Retake starts:

    from my_agent import graph           # compiled with a checkpointer that outlives the process
    from retake_langgraph import rerun
    rerun(graph)                         # or rerun(graph, thread_id="the thread")

Reads the request at RETAKE_REQUEST_FILE. Lines on the standard output that begin with "@retake " are for Retake.
Exit code 64: the checkpoint could not be found. No dependency but what your graph has.
"""
import json
import os
import sys
from datetime import datetime


def tell(**event):
    print("@retake " + json.dumps(event), flush=True)


def rerun(graph, thread_id=None, messages_key="messages", config=None):
    with open(os.environ["RETAKE_REQUEST_FILE"], encoding="utf-8") as file:
        request = json.load(file)
    hint = request.get("hints", {}).get("langgraph", {})
    thread_id = thread_id or hint.get("thread_id")
    if not thread_id:
        return _stop("The run does not name its thread_id. Give it: rerun(graph, thread_id=...).")
    history = list(graph.get_state_history({"configurable": {"thread_id": thread_id}}))
    found = _find_checkpoint(history, request.get("fork", {}), hint, messages_key)
    if found is None:
        return _stop(
            f"Thread {thread_id} has {len(history)} checkpoints, none of them before the fork step ({_describe(request.get('fork', {}), hint)}). "
            "Is it the same checkpointer as the run's, and does it outlive the process?"
        )
    at = _apply_edits(graph, found, request, messages_key)
    tell(type="mapped", checkpoint_id=at["configurable"]["checkpoint_id"], thread_id=thread_id)
    return graph.invoke(None, {**at, **(config or {}), "metadata": {**(config or {}).get("metadata", {}), "retake_run_id": request["run_id"]}})


def _find_checkpoint(history, fork, hint, key):
    """A node that ran as langgraph_step k started from the checkpoint with metadata step k-1 and itself in `next`.

    Spans do not carry the checkpoint's id; where the run tells no step, the tool calls in the model's context tell it.
    """
    before = [state for state in history if _is_before(state.created_at, fork.get("started_at_ms"))]
    step, node, wanted = hint.get("step"), hint.get("node"), fork.get("tool_call_ids")
    by_step = [state for state in before if step is not None and (state.metadata or {}).get("step") == step - 1 and (node in state.next if node else state.next)]

    def by_calls(states):
        return [state for state in states if state.next and state.next[0] != "__start__" and _answered(_messages(state, key)) == wanted]

    # The newest first: an earlier one is of an earlier turn of the same thread.
    candidates = (by_calls(by_step) if len(by_step) > 1 and wanted is not None else []) or by_step or (by_calls(before) if wanted is not None else [])
    return candidates[0] if candidates else None


def _is_before(created_at, started_at_ms):
    if not created_at or not started_at_ms:
        return True
    return datetime.fromisoformat(created_at).timestamp() * 1000 <= started_at_ms + 1


def _messages(state, key):
    return (state.values or {}).get(key, []) if isinstance(state.values, dict) else []


def _answered(messages):
    return [message.tool_call_id for message in messages if getattr(message, "tool_call_id", None)]


def _apply_edits(graph, state, request, key):
    """Writes the edited messages as a fork of the checkpoint; a message with a known id replaces that one (the messages reducer)."""
    from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage

    messages = _messages(state, key)
    items = [message for message in messages if message.type != "system"]
    changes, left, answer = [], [], None

    def change(message, text, edit):
        if message is None:
            left.append(f"{edit['op']} {edit.get('callId', edit.get('item'))}")
        else:
            changes.append(message.model_copy(update={"content": text}))

    for edit in request.get("edits", []):
        op = edit["op"]
        if op == "tool_result":
            change(next((message for message in items if getattr(message, "tool_call_id", None) == edit["callId"]), None), edit["content"], edit)
        elif op == "message" and edit["item"] == "system":
            change(next((message for message in messages if message.type == "system"), None), edit["text"], edit)
        elif op == "message":
            change(items[edit["item"]] if edit["item"] < len(items) else None, edit["text"], edit)
        elif op == "remove_message" and edit["item"] < len(items):
            changes.append(RemoveMessage(id=items[edit["item"]].id))
        elif op == "insert_message" and edit["item"] >= len(items):
            changes.append(AIMessage(edit["text"]) if edit["role"] == "assistant" else HumanMessage(edit["text"]))
        elif op == "response":
            calls = [part for part in edit["parts"] if part["type"] == "tool_call"]
            answer = AIMessage(
                "\n".join(part["text"] for part in edit["parts"] if part["type"] == "text"),
                tool_calls=[{"id": part.get("id", f"call_retake_{at}"), "name": part["name"], "args": json.loads(part.get("arguments", "{}"))} for at, part in enumerate(calls)],
            )
        elif not edit.get("by_gateway"):
            left.append(op)
    if left:
        tell(type="unapplied", edits=left)
    at = state.config
    if changes:
        at = graph.update_state(at, {key: changes})
    if answer is not None:
        at = graph.update_state(at, {key: [answer]}, as_node=request.get("hints", {}).get("langgraph", {}).get("node") or state.next[0])
    return at


def _describe(fork, hint):
    if hint.get("step") is None:
        return f"{len(fork.get('tool_call_ids') or [])} answered tool calls in its context"
    return f"langgraph_step {hint['step']}, node {hint.get('node')}"


def _stop(message):
    tell(type="error", message=message)
    sys.exit(64)
