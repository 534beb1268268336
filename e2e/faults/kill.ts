import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inFolder, pause } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { look, textsIn } from './library-look.ts';
import { command, grpcSender, plainText, sendHttp, serve, spanBody, spanMessage } from './served.ts';

const retake = fileURLToPath(new URL('../../dist/backend/retake.js', import.meta.url));

/** Killed in the middle of live HTTP, live gRPC and an import, a hundred times in all; what was not answered is sent again with the next start. */
export const killFault: Fault = {
  name: 'kill',
  run: async (scale) => [
    await killedLive('HTTP', Math.ceil(40 * scale)),
    await killedLive('gRPC', Math.ceil(30 * scale)),
    await killedImport(Math.ceil(30 * scale)),
  ],
};

const connections = 8;

function killedLive(protocol: 'HTTP' | 'gRPC', rounds: number): Promise<Row> {
  return inFolder(async (folder) => {
    const library = join(folder, 'library');
    const acknowledged = new Set<number>();
    let unanswered: number[] = [];
    let next = 1;
    let notices = 0;
    for (let round = 0; round < rounds; round++) {
      const served = await serve(library);
      const grpc = protocol === 'gRPC' ? grpcSender(served.grpcPort) : undefined;
      const again = unanswered;
      unanswered = [];
      let isOver = false;
      let began = false;
      const sender = async (): Promise<void> => {
        while (!isOver) {
          const number = again.pop() ?? next++;
          const answer = grpc
            ? grpc.send(spanMessage(number, textOf(number)))
            : sendHttp(served.httpPort, spanBody(number, textOf(number)));
          const status = await answer.then(
            (given) => given.status,
            () => 0,
          );
          if (status === 200) acknowledged.add(number);
          else unanswered.push(number);
          began ||= status === 200;
        }
      };
      const senders = Array.from({ length: connections }, sender);
      while (!began) await pause(2);
      await pause(20 + ((round * 37) % 260));
      const ended = served.end('SIGKILL');
      isOver = true;
      await Promise.all([ended, ...senders]);
      unanswered.push(...again);
      grpc?.close();
      if (/write-ahead log|A new, empty one/.test(served.said())) notices++;
    }
    const served = await serve(library);
    for (const number of unanswered) {
      const { status } = await sendHttp(served.httpPort, spanBody(number, textOf(number)));
      if (status === 200) acknowledged.add(number);
    }
    await served.end('SIGTERM');
    const texts = textsIn(library);
    const lost = [...acknowledged].filter((number) => !texts.has(`run ${number}`)).length;
    const twice = [...texts.values()].filter(({ count }) => count !== 1).length;
    const bent = [...texts].filter(([name, { text }]) => {
      const number = Number(name.slice('run '.length));
      return text !== textOf(number);
    }).length;
    const { damage, notice } = look(library);
    return {
      what: `${rounds} × kill -9 under live ${protocol}, ${connections} connections`,
      seen: `${acknowledged.size} acknowledged, ${lost} lost, ${twice} twice, ${bent} altered; ${damage} damaged, opened every time, ${notices + (notice ? 1 : 0)} false alarms`,
      passed: lost + twice + bent + damage + notices === 0 && notice === undefined && acknowledged.size > rounds,
    };
  });
}

const textOf = (number: number): string => plainText(number, [200, 2_000, 60_000][number % 3] ?? 200);

const importedSpans = 30_000;

function killedImport(rounds: number): Promise<Row> {
  return inFolder(async (folder) => {
    const library = join(folder, 'library');
    const file = join(folder, 'traces.jsonl');
    writeFileSync(
      file,
      Array.from({ length: importedSpans }, (_, number) => spanBody(number + 1, plainText(number + 1, 1_500))).join(
        '\n',
      ),
    );
    let finished = 0;
    for (let round = 0; round < rounds; round++) {
      const child = spawn(process.execPath, [retake, 'import', file, '--library', library], { stdio: 'ignore' });
      const ended = once(child, 'exit') as Promise<[number | null]>;
      const timer = setTimeout(() => child.kill('SIGKILL'), 500 + ((round * 173) % 3_000));
      const [code] = await ended;
      clearTimeout(timer);
      if (code === 0) finished++;
    }
    const last = command(library, ['import', '--json', file]);
    const texts = textsIn(library);
    const twice = [...texts.values()].filter(({ count }) => count !== 1).length;
    const { damage, notice } = look(library);
    return {
      what: `${rounds} × kill -9 of an import of ${importedSpans} runs, then once to its end`,
      seen: `${texts.size} of ${importedSpans} runs, ${twice} twice; ${damage} damaged; ended with ${String(last.status)}; ${finished} of the killed had ended before`,
      passed: texts.size === importedSpans && twice === 0 && damage === 0 && last.status === 0 && notice === undefined,
    };
  });
}
