"""Retake's adapter for DBOS: forks the workflow at the step that was running at the fork, the original stays as it is.

Copy this file beside your application (as retake_dbos.py) and call it, after DBOS.launch(), from the script that Retake starts:

    import my_application                # registers the workflows; configures and launches DBOS
    from retake_dbos import rerun
    rerun()                              # or rerun(workflow_id="the workflow")

Reads the request at RETAKE_REQUEST_FILE. Lines on the standard output that begin with "@retake " are for Retake.
Exit code 64: the workflow or its step could not be found. Outputs of earlier steps are DBOS's own record: edits of them are
reported as not applied; edits of the model, its parameters, instructions and tools take effect in the gateway.
"""
import json
import os
import sys


def tell(**event):
    print("@retake " + json.dumps(event), flush=True)


def rerun(workflow_id=None):
    from dbos import DBOS

    with open(os.environ["RETAKE_REQUEST_FILE"], encoding="utf-8") as file:
        request = json.load(file)
    hint = request.get("hints", {}).get("dbos", {})
    workflow_id = workflow_id or hint.get("workflow_id")
    if not workflow_id:
        return _stop("The run does not name its workflow. Give it: rerun(workflow_id=...).")
    steps = DBOS.list_workflow_steps(workflow_id)
    step = hint.get("step") or _running_at(steps, request.get("fork", {}).get("started_at_ms"))
    if step is None:
        return _stop(f"Workflow {workflow_id} has {len(steps)} steps in this system database, none of which ran at the fork. Is it the same database as the run's?")
    left = [edit["op"] for edit in request.get("edits", []) if not edit.get("by_gateway")]
    if left:
        tell(type="unapplied", edits=left)
    handle = DBOS.fork_workflow(workflow_id, step)
    tell(type="mapped", workflow_id=handle.workflow_id, step=step)
    return handle.get_result()


def _running_at(steps, at_ms):
    """The step that had begun last when the fork's call began; spans do not carry a step's number."""
    if at_ms is None:
        return None
    begun = [step for step in steps if step.get("started_at_epoch_ms") is not None and step["started_at_epoch_ms"] <= at_ms]
    return max((step["function_id"] for step in begun), default=None)


def _stop(message):
    tell(type="error", message=message)
    sys.exit(64)
