import { expect, test } from 'vitest';
import { namedAs } from './upload.ts';

test("an upload is reported under the user's name for it, and so are the entries of an archive", () => {
  const report = { format: 'otlp-json', runs: 1, spans: 1, logs: 0, unchanged: 0, skipped: [], warnings: [] };
  const named = namedAs(
    {
      type: 'done',
      runIds: [],
      files: [
        { ...report, path: '/tmp/up/7f' },
        { ...report, path: '/tmp/up/7f › runs/a.json' },
        { ...report, path: '/tmp/up/7f', skipped: [{ reason: '2 files: /tmp/up/7f › b, /tmp/up/7f › c' }] },
      ],
    },
    '/tmp/up/7f',
    'my $& traces.zip',
  );
  expect(named).toMatchObject({
    files: [
      { path: 'my $& traces.zip' },
      { path: 'my $& traces.zip › runs/a.json' },
      { skipped: [{ reason: '2 files: my $& traces.zip › b, my $& traces.zip › c' }] },
    ],
  });
});
