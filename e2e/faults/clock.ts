import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inFolder, pause } from './fault.ts';
import type { Fault } from './fault.ts';
import { look, textsIn } from './library-look.ts';
import { runIds, sendHttp, serve, spanBody } from './served.ts';

/** The clock that Retake sees steps back a day while spans come, and the text index is damaged and deleted under the thread that keeps it. */
export const clockFault: Fault = {
  name: 'clock',
  run: () =>
    inFolder(async (folder) => {
      const library = join(folder, 'library');
      const offset = join(folder, 'offset');
      const shim = new URL('./clock-shim.ts', import.meta.url).href;
      const environment = { NODE_OPTIONS: `--import=${shim}`, RETAKE_CLOCK_OFFSET: offset };
      const stepClock = (seconds: number): void => writeFileSync(offset, String(seconds * 1_000));
      let served = await serve(library, undefined, environment);
      let acknowledged = 0;
      const send = async (count: number): Promise<void> => {
        for (let more = 0; more < count; more++)
          if ((await sendHttp(served.httpPort, spanBody(acknowledged + 1))).status === 200) acknowledged++;
      };
      await send(20);
      stepClock(-86_400);
      await send(20);
      await pause(1_000);
      // And a start under the clock that is a day behind.
      await served.end('SIGTERM');
      served = await serve(library, undefined, environment);
      await send(20);
      stepClock(0);
      await send(5);
      await served.end('SIGTERM');
      const afterClock = { runs: runIds(library).length, texts: textsIn(library).size, damage: look(library).damage };
      const clockRow = {
        what: 'the clock steps back a day, and forward again',
        seen: `${acknowledged} acknowledged, ${afterClock.texts} stored, ${afterClock.damage} damaged`,
        passed: afterClock.texts === acknowledged && afterClock.damage === 0,
      };
      served = await serve(library);
      await send(10);
      await pause(2_000);
      writeFileSync(join(library, 'search.db'), Buffer.alloc(16_384, 0x5a));
      await send(10);
      await pause(2_000);
      for (const name of readdirSync(library)) if (name.startsWith('search.db')) rmSync(join(library, name));
      await send(10);
      await pause(8_000);
      const there = readdirSync(library).includes('search.db');
      await served.end('SIGTERM');
      const texts = textsIn(library).size;
      const { damage } = look(library);
      return [
        clockRow,
        {
          what: 'the text index is overwritten, then deleted, under the thread that keeps it',
          seen: `${acknowledged} acknowledged, ${texts} stored, ${damage} damaged; the index is ${there ? 'there again' : 'gone'}`,
          passed: texts === acknowledged && damage === 0 && there,
        },
      ];
    }),
};
