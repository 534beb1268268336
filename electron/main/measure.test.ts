import { expect, test } from 'vitest';
import { measureLine } from './measure.ts';

test('one line says what the whole program takes, and which kind of process takes it', () => {
  const figures = (type: string, privateBytes: number, percentCPUUsage: number) => ({
    type,
    cpu: { percentCPUUsage },
    memory: { workingSetSize: 999_999, privateBytes },
  });
  expect(
    measureLine([figures('Browser', 40_960, 0.04), figures('Utility', 20_480, 0), figures('Utility', 10_240, 0)], true),
  ).toBe('measure: window hidden, 3 processes, 70 MB, 0.0 % of a core (Browser 40, Utility 30 MB)');
  expect(
    measureLine([{ type: 'Tab', cpu: { percentCPUUsage: 12.34 }, memory: { workingSetSize: 1_024 } }], false),
  ).toBe('measure: window shown, 1 processes, 1 MB, 12.3 % of a core (Tab 1 MB)');
});
