import { mkdtempSync, writeFileSync } from 'node:fs';
// Claude Code's PreToolUse hook in a take: stands before every tool and asks Retake (FACTS.md, Tools on a re-run). Plain JavaScript: it is started
// for each call. What it writes is the hook contract of Claude Code; on any failure the tool does not run.
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { RETAKE_TOOLS_URL: url, RETAKE_PROXIED_SERVERS: proxied = '' } = process.env;

/** @param {'allow' | 'deny'} permissionDecision @param {string} permissionDecisionReason @param {object} [updatedInput] */
function answer(permissionDecision, permissionDecisionReason, updatedInput) {
  process.stdout.write(
    JSON.stringify({
      hookSpecificOutput: {
        hookEventName: 'PreToolUse',
        permissionDecision,
        permissionDecisionReason,
        ...(updatedInput ? { updatedInput } : {}),
      },
    }),
  );
}

/** @param {object} body @returns {Promise<any>} */
function ask(body) {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}/decide`,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk) => (text += chunk))
          .on('error', reject);
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(JSON.parse(text))
            : reject(new Error(`status ${response.statusCode}: ${text}`)),
        );
      },
    );
    asked.on('error', reject).end(JSON.stringify(body));
  });
}

async function main() {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk;
  const { tool_name: tool, tool_input: input, tool_use_id: callId } = JSON.parse(text);
  // Retake's proxy stands before this server: it gives results as results.
  if (proxied.split('\n').some((server) => server !== '' && String(tool).startsWith(`mcp__${server}__`))) return;
  const decision = await ask({ hand: 'hook', tool, arguments: input, callId });
  if (decision.action === 'run') return;
  if (decision.action === 'deny') return answer('deny', decision.message);
  if (tool === 'Bash' && !decision.isError) {
    // A command that prints the recorded output comes back as a result like any other (FACTS.md, Tools on a re-run). The path is Retake's own.
    const folder = mkdtempSync(join(tmpdir(), 'retake-result-'));
    writeFileSync(join(folder, 'output'), decision.content);
    const quoted = `'${folder.replaceAll("'", `'\\''`)}'`;
    return answer('allow', 'Retake answers from the recording.', {
      ...input,
      command: `cat ${quoted}/output; rm -r ${quoted}`,
      run_in_background: false,
    });
  }
  answer('deny', decision.content === '' ? '(no output)' : decision.content);
}

try {
  await main();
} catch (error) {
  answer(
    'deny',
    `Retake could not be asked whether this tool may run, so it did not: ${error instanceof Error ? error.message : String(error)}`,
  );
}
