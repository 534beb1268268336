import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, pause } from './fault.ts';
import type { Fault, Row } from './fault.ts';
import { look, textsIn } from './library-look.ts';
import { command, grpcSender, noise, sendHttp, serve, spanBody, spanMessage } from './served.ts';
import type { Answer } from './served.ts';
import { fillDisk, withSmallDisk } from './small-disk.ts';

/** The disk fills up while spans come, while a file is imported, while a backup is made, and when Retake is to end. */
export const fullDiskFault: Fault = {
  name: 'full-disk',
  run: async () => [
    await whileReceiving('HTTP'),
    await whileReceiving('gRPC'),
    await whileImporting(),
    await whileBackingUp(),
    ...(await whenEnding()),
  ],
};

const noisy = (number: number): string => spanBody(number, noise(number, 40_000));

function whileReceiving(protocol: 'HTTP' | 'gRPC'): Promise<Row> {
  return withSmallDisk(24, async (disk) => {
    const library = join(disk, 'library');
    const makeRoom = fillDisk(disk, 16 * 1024 * 1024);
    const served = await serve(library);
    const grpc = grpcSender(served.grpcPort);
    const send = (number: number): Promise<Answer> =>
      protocol === 'gRPC'
        ? grpc.send(spanMessage(number, noise(number, 40_000)))
        : sendHttp(served.httpPort, noisy(number));
    const acknowledged: number[] = [];
    let number = 1;
    let refusal: Answer | undefined;
    for (; number < 900; number++) {
      const answer = await send(number);
      if (answer.status === 200) acknowledged.push(number);
      else refusal = answer;
      if (refusal) break;
    }
    const refused: Answer[] = [];
    for (let more = 0; more < 20; more++) {
      const answer = await send(1_000 + more);
      if (answer.status === 200) acknowledged.push(1_000 + more);
      else refused.push(answer);
    }
    const whileFull = refused.every(({ status, retryAfter }) =>
      protocol === 'gRPC' ? status === 1_014 : status === 503 && retryAfter !== undefined,
    );
    makeRoom();
    const startedMs = performance.now();
    let recovered = false;
    while (!recovered && performance.now() - startedMs < 30_000) {
      const answer = await send(2_000);
      recovered = answer.status === 200;
      if (recovered) acknowledged.push(2_000);
      else await pause(200);
    }
    const recoveredMs = performance.now() - startedMs;
    grpc.close();
    await served.end('SIGTERM');
    const texts = textsIn(library);
    const lost = acknowledged.filter((one) => !texts.has(`run ${one}`)).length;
    const { damage } = look(library);
    return {
      what: `full while ${protocol} comes`,
      seen: `${acknowledged.length} acknowledged, ${refused.length} asked to come back (${refused[0]?.status ?? 'none'}, Retry-After ${refused[0]?.retryAfter ?? 'of the code'}), ${lost} lost, ${damage} damaged; goes on ${Math.round(recoveredMs)} ms after there is room`,
      passed: lost === 0 && damage === 0 && refused.length > 0 && whileFull && recovered,
    };
  });
}

function whileImporting(): Promise<Row> {
  return inFolder((folder) =>
    withSmallDisk(16, async (disk) => {
      const library = join(disk, 'library');
      const file = join(folder, 'traces.jsonl');
      const spans = 800;
      writeFileSync(file, Array.from({ length: spans }, (_, index) => noisy(index + 1)).join('\n'));
      const makeRoom = fillDisk(disk, 6 * 1024 * 1024);
      const first = command(library, ['import', file]);
      const kept = command(library, ['runs', '--json']);
      makeRoom();
      const between = textsIn(library).size;
      const { damage } = look(library);
      return {
        what: 'full while a file is imported',
        seen: `ended with ${String(first.status)}: ${first.stderr.trim().slice(0, 160)}; ${between} of ${spans} runs kept, ${damage} damaged`,
        passed: first.status === 1 && /is full/.test(first.stderr) && kept.status === 0 && damage === 0,
      };
    }),
  );
}

function whileBackingUp(): Promise<Row> {
  return inFolder((folder) =>
    withSmallDisk(4, async (disk) => {
      const library = join(folder, 'library');
      const served = await serve(library);
      for (let number = 1; number <= 60; number++) await sendHttp(served.httpPort, noisy(number));
      fillDisk(disk, 1024 * 1024);
      const to = join(disk, 'backup');
      const { status, stderr } = command(library, ['backup', to]);
      const left = existsSync(to) ? readdirSync(to) : [];
      await served.end('SIGTERM');
      return {
        what: 'full while a backup is made, beside one that receives',
        seen: `ended with ${String(status)}: ${stderr.trim().slice(0, 140)}; left behind: ${left.join(', ') || 'nothing'}`,
        passed: status === 1 && /is full/.test(stderr) && left.length === 0,
      };
    }),
  );
}

async function whenEnding(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const free of [0, 40_000, 120_000])
    rows.push(
      await withSmallDisk(8, async (disk) => {
        const library = join(disk, 'library');
        const first = await serve(library);
        await sendHttp(first.httpPort, spanBody(1));
        await first.end('SIGTERM');
        fillDisk(disk, free);
        const served = await serve(library);
        await sendHttp(served.httpPort, spanBody(2)).catch(() => undefined);
        await pause(500);
        const tookMs = await served.end('SIGTERM');
        return {
          what: `SIGTERM with ${free} bytes free`,
          seen: `ended after ${Math.round(tookMs)} ms`,
          passed: tookMs < 2_000,
        };
      }),
    );
  return rows;
}
