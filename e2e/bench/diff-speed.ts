import {
  alignSteps,
  compareRuns,
  diffBlock,
  createNormaliser,
  activeRules,
  writtenRun,
} from '../support/backend-internals.ts';
import type { WrittenStep } from '../support/backend-internals.ts';
import { median } from './harness.ts';

/**
 * `node e2e/bench/diff-speed.ts`: 10,000 against 10,000 steps in every pattern (goal: aligned in less than 100 ms), its growth from
 * 5,000 to 20,000 steps, and texts of 256 kB within the time that a pair may take. Milliseconds of processor time, so that a busy
 * machine says the same.
 */
const none = { pins: [], shared: 0 };
const noise = (index: number): number => (Math.imul(index + 1, 0x9e3779b1) >>> 0) / 4_294_967_296;

function steps(size: number, text: (index: number) => string): WrittenStep[] {
  return Array.from({ length: size }, (_, index): WrittenStep =>
    index % 2 === 0
      ? { given: `given ${text(index)}`, says: `says ${text(index)}` }
      : { name: 'bash', arguments: text(index), result: `result of ${text(index)}` },
  );
}

function shuffled(run: readonly WrittenStep[]): WrittenStep[] {
  return run
    .map((step, index) => ({ step, at: noise(index) }))
    .sort((one, two) => one.at - two.at)
    .map(({ step }) => step);
}

function patterns(size: number): readonly (readonly [string, WrittenStep[], WrittenStep[]])[] {
  const plain = steps(size, (index) => `step ${index}`);
  return [
    ['equal', plain, plain],
    ['5 % changed', plain, steps(size, (index) => (noise(index) < 0.05 ? `other ${index}` : `step ${index}`))],
    ['30 % changed', plain, steps(size, (index) => (noise(index) < 0.3 ? `other ${index}` : `step ${index}`))],
    ['80 % changed', plain, steps(size, (index) => (noise(index) < 0.8 ? `other ${index}` : `step ${index}`))],
    ['fork at half', plain, steps(size, (index) => (index < size / 2 ? `step ${index}` : `other ${index}`))],
    ['nothing common', plain, steps(size, (index) => `other ${index}`)],
    ['one loop', steps(size, (index) => `turn ${index % 6}`), steps(size, (index) => `turn ${index % 10}`)],
    ['all equal steps', steps(size, () => 'same'), steps(size - 1_000, () => 'same')],
    ['shuffled', plain, shuffled(plain)],
    [
      '50 texts at random',
      steps(size, (index) => `kind ${Math.floor(noise(index) * 50)}`),
      steps(size, (index) => `kind ${Math.floor(noise(index + 7_777) * 50)}`),
    ],
  ];
}

function processorMs(work: () => unknown, rounds: number): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = process.cpuUsage();
    work();
    times.push(process.cpuUsage(started).user / 1_000);
  }
  return median(times);
}

let worst = 0;
console.log('10,000 against 10,000 steps, ms: aligned, and with states, causes and divergence');
for (const [name, a, b] of patterns(10_000)) {
  const left = writtenRun(a);
  const right = writtenRun(b);
  const aligned = processorMs(() => alignSteps(left, right, none), 7);
  worst = Math.max(worst, aligned);
  console.log(
    `  ${name.padEnd(20)} ${aligned.toFixed(0).padStart(5)} ${processorMs(() => compareRuns(left, right, none), 5)
      .toFixed(0)
      .padStart(5)}`,
  );
}
console.log('\ngrowth of the two slowest, ms for 5,000, 10,000, 20,000 steps');
for (const wanted of ['80 % changed', 'nothing common']) {
  const figures = [5_000, 10_000, 20_000].map((size) => {
    const [, a, b] = patterns(size).find(([name]) => name === wanted) ?? ['', [], []];
    const left = writtenRun(a);
    const right = writtenRun(b);
    return processorMs(() => alignSteps(left, right, none), 5).toFixed(0);
  });
  console.log(`  ${wanted.padEnd(20)} ${figures.join(' ')}`);
}

console.log('\ntexts of 256 kB, ms, and whether words were compared');
const sentence = (index: number): string =>
  `line ${index} of the file says ${Math.floor(noise(index) * 1e6)} and goes on for a while\n`;
const text = (change: (index: number) => boolean, joined = ''): string =>
  Array.from({ length: 4_600 }, (_, index) => (change(index) ? sentence(index + 50_000) : sentence(index)))
    .join('')
    .replaceAll('\n', joined === '' ? '\n' : joined);
let slowestText = 0;
for (const [name, a, b] of [
  ['30 % of lines changed', text(() => false), text((index) => noise(index) < 0.3)],
  ['every line changed', text(() => false), text(() => true)],
  ['one line, 30 % changed', text(() => false, ' '), text((index) => noise(index) < 0.3, ' ')],
] as const) {
  const normaliser = createNormaliser(activeRules(undefined));
  let detail = '';
  const time = processorMs(() => {
    detail = diffBlock({ title: 'text', part: 'text' }, a, b, {
      normaliser,
      budget: { deadline: performance.now() + 1_500 },
      full: false,
    }).detail;
  }, 3);
  slowestText = Math.max(slowestText, time);
  console.log(`  ${name.padEnd(24)} ${(a.length / 1_000).toFixed(0)} kB  ${time.toFixed(0).padStart(5)}  ${detail}`);
}
const met = worst < 100 && slowestText < 1_500;
console.log(
  `\n${met ? 'met' : 'NOT MET'}: aligned in < 100 ms (worst ${worst.toFixed(0)}), text in < 1,500 ms (worst ${slowestText.toFixed(0)})`,
);
process.exitCode = met ? 0 : 1;
