/**
 * Retake's adapter for DBOS: forks the workflow at the step that was running at the fork, the original stays as it is. Copy this
 * file beside your application and call it, after DBOS.launch(), from the script that Retake starts:
 *
 *   import { DBOS } from '@dbos-inc/dbos-sdk';
 *   import './application.mjs';                     // registers the workflows
 *   import { rerun } from './dbos.mjs';
 *   await DBOS.launch();
 *   await rerun(DBOS);                              // or rerun(client, { workflowId }) with a DBOSClient and a running application
 *
 * Reads the request at RETAKE_REQUEST_FILE. Lines on the standard output that begin with "@retake " are for Retake.
 * Exit code 64: the workflow or its step could not be found. Outputs of earlier steps are DBOS's own record: edits of them are
 * reported as not applied; edits of the model, its parameters, instructions and tools take effect in the gateway.
 */
import { readFileSync } from 'node:fs';

const tell = (event) => process.stdout.write(`@retake ${JSON.stringify(event)}\n`);

export async function rerun(dbos, options = {}) {
  const request = JSON.parse(readFileSync(process.env.RETAKE_REQUEST_FILE, 'utf8'));
  const hint = request.hints?.dbos ?? {};
  const workflowId = options.workflowId ?? hint.workflow_id;
  if (!workflowId) return stop('The run does not name its workflow. Give it: rerun(DBOS, { workflowId }).');
  const steps = (await dbos.listWorkflowSteps(workflowId)) ?? [];
  const step = hint.step ?? runningAt(steps, request.fork?.started_at_ms);
  if (step === undefined)
    return stop(
      `Workflow ${workflowId} has ${steps.length} steps in this system database, none of which ran at the fork. Is it the same database as the run's?`,
    );
  const left = (request.edits ?? []).filter((edit) => !edit.by_gateway).map(({ op }) => op);
  if (left.length > 0) tell({ type: 'unapplied', edits: left });
  const forked = await dbos.forkWorkflow(workflowId, step);
  // DBOS gives a handle, DBOSClient the new workflow's id.
  const handle = typeof forked === 'string' ? dbos.retrieveWorkflow(forked) : forked;
  tell({ type: 'mapped', workflow_id: handle.workflowID, step });
  return handle.getResult();
}

/** The step that had begun last when the fork's call began; spans do not carry a step's number. */
function runningAt(steps, atMs) {
  const begun = steps.filter(
    ({ startedAtEpochMs }) => startedAtEpochMs !== undefined && atMs !== undefined && startedAtEpochMs <= atMs,
  );
  return begun.length === 0 ? undefined : Math.max(...begun.map(({ functionID }) => functionID));
}

function stop(message) {
  tell({ type: 'error', message });
  process.exitCode = 64;
  return undefined;
}
