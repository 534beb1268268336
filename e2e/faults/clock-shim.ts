import { readFileSync } from 'node:fs';

// Loaded before Retake by clock.ts: the wall clock is off by the milliseconds that a file says, from moment to moment. The clock that only goes
// forward stays as it is, as on a machine whose time is set.
const file = process.env['RETAKE_CLOCK_OFFSET'] ?? '';
const realNow = Date.now;

function offset(): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

Date.now = () => realNow() + offset();
const origin = performance.timeOrigin + offset();
Object.defineProperty(performance, 'timeOrigin', { get: () => origin });
