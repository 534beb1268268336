import { writeSync } from 'node:fs';
import { openLibraryWriter } from './open-library.ts';
import { makeSpan, spanOf, textAttribute } from './telemetry.testing.ts';

// The process that durability.test.ts kills: commits one span after the other and prints each number after its commit.
const [directory = '', from = '0'] = process.argv.slice(2);
const writer = openLibraryWriter({ directory });
for (let number = Number(from) + 1; ; number++) {
  const turns = (number % 40) + 1;
  const messages = Array.from({ length: turns }, (_, index) => ({
    role: 'user',
    content: `turn ${index} ${'word '.repeat(60)}`,
  }));
  writer.transaction(() =>
    writer.putSpan(
      makeSpan({
        spanId: spanOf(number),
        attributes: [textAttribute('gen_ai.input.messages', JSON.stringify(messages))],
      }),
    ),
  );
  writeSync(1, `${number}\n`);
  if (number % 50 === 0) writer.compact(20);
}
