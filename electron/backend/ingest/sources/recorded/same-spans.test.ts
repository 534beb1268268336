import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { spanToJson } from '../../../telemetry/export-otlp.ts';
import { fixture, readTrajectories } from './recorded.testing.ts';

/**
 * What today's libraries hold of these files: ids, times and attributes of their spans, apart from `retake.source.*`. A change of a hash
 * makes two runs of one file, or maps it anew: then raise the source's version, and write the new hash here.
 */
test.each([
  ['tau-bench/1/results.json', '9267064652b06a13'],
  ['swe-agent/0.7/greeting.traj', '7ceb45410071cb3c'],
  ['swe-agent/1.0/greeting.traj', '5bd3ca68b7a9b45a'],
  ['mini-swe-agent/1/greeting.traj.json', '47d6c4fd59a40063'],
  ['mini-swe-agent/1.1/greeting.traj.json', '83467d527d2de842'],
])('%s gives the same spans as ever', async (name, expected) => {
  const { runs } = await readTrajectories(fixture(name));
  const hash = createHash('sha256');
  for (const { span } of runs.flat())
    hash.update(
      `${spanToJson({ ...span, attributes: span.attributes.filter(({ key }) => !key.startsWith('retake.source.')) })}\n`,
    );
  expect(hash.digest('hex').slice(0, 16)).toBe(expected);
});
