import { expect, test } from 'vitest';
import { stepTableOf } from '../step-table-builder.ts';
import type { StepShape } from '../step-table-builder.ts';
import { failedFork, lastWholeCall } from './failed-fork.ts';

const agent: StepShape = { kind: 'agent', name: 'agent', status: 'error' };
const call = (change: Partial<StepShape> = {}): StepShape => ({
  kind: 'llm',
  name: 'gpt',
  parent: 0,
  duration: 5,
  input: 1,
  ...change,
});
const tool = (change: Partial<StepShape> = {}): StepShape => ({ kind: 'tool', name: 'bash', parent: 0, ...change });

test('a call that failed, or was cut off, is asked again', () => {
  expect(failedFork(stepTableOf([agent, call(), tool(), call({ status: 'error' })]))).toBe(3);
  expect(failedFork(stepTableOf([agent, call(), tool(), call({ duration: -1, status: 'running' })]))).toBe(3);
});

test('a call whose duration is not in the file was answered none the less', () => {
  expect(failedFork(stepTableOf([agent, call({ duration: -2 }), tool({ status: 'error', duration: -2 })]))).toBe(3);
});

test('killed inside a tool, or after an answer: all is answered from the recording, and the agent goes on behind it', () => {
  const killed = stepTableOf([agent, call(), tool(), call(), tool({ status: 'error', duration: -1 })]);
  expect(failedFork(killed)).toBe(5);
  expect(lastWholeCall(killed)).toBe(3);
  expect(failedFork(stepTableOf([agent, call(), tool({ status: 'error' })]))).toBe(3);
  expect(failedFork(stepTableOf([agent, call()]))).toBe(2);
});

test('a failed attempt that was asked again is no place to go on from, and neither is a call told twice', () => {
  expect(failedFork(stepTableOf([agent, call({ status: 'error' }), call(), tool({ status: 'error' })]))).toBe(4);
  const twice = stepTableOf([agent, call(), call({ status: 'error', usageRole: 'duplicate' })]);
  expect(failedFork(twice)).toBe(3);
  expect(lastWholeCall(twice)).toBe(1);
});

test('where no model was asked there is nothing to go on from', () => {
  expect(failedFork(stepTableOf([agent, tool({ status: 'error' })]))).toBeUndefined();
  expect(lastWholeCall(stepTableOf([agent, call({ status: 'error' })]))).toBeUndefined();
});
