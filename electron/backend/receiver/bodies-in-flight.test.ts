import { expect, test } from 'vitest';
import { LibraryUnavailable } from '../base/faults.ts';
import { createBodiesInFlight } from './bodies-in-flight.ts';

const megabyte = 1024 * 1024;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('four messages are read at a time; the others wait, each for one that was read', async () => {
  const bodies = createBodiesInFlight();
  const reading: (() => void)[] = [];
  for (let call = 0; call < 24; call++) void bodies.mayRead().then((read) => reading.push(read));
  await settled();
  expect(reading).toHaveLength(4);
  reading[0]?.();
  reading[0]?.();
  await settled();
  expect(reading).toHaveLength(5);
  for (let call = 0; call < 24; call++) {
    reading[call]?.();
    await settled();
  }
  expect(reading).toHaveLength(24);
});

test('nothing is read while what was read fills the memory that there is for it, and a body beyond it is asked to come back', async () => {
  const bodies = createBodiesInFlight();
  bodies.reserve(200 * megabyte);
  expect(() => bodies.reserve(100 * megabyte)).toThrow(LibraryUnavailable);
  let began = 0;
  void bodies.mayRead().then(() => began++);
  await settled();
  expect(began).toBe(0);
  bodies.giveBack(100 * megabyte);
  await settled();
  expect(began).toBe(1);
});
