import type { LookedThrough, Redaction } from '../../../../shared/model/redaction.ts';
import { findRun, readRun } from '../../library/queries/run-detail.ts';
import { takeTree } from '../../library/queries/take-tree.ts';
import type { StoredTake } from '../../library/queries/take-tree.ts';
import { spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { learnLog, learnSpan } from '../../redaction/redact-telemetry.ts';
import { createPrivateValues } from '../../redaction/redactor.ts';
import type { PrivateValues, Redactor } from '../../redaction/redactor.ts';
import { logsToHandOn } from './telemetry-to-hand-on.ts';

/** What is private in take trees, as far as they were looked through. */
export interface LearntTakeTrees {
  /**
   * The whole take tree is looked through, the oldest run first, whichever of its runs goes out: a value has the same name in files that
   * were written apart. The tree that was asked for last is not looked through again, as long as none of its runs has changed. Yields
   * between spans. `others`: texts that are handed on with it and stand in no span.
   */
  redactor(runId: string, redaction: Redaction, others?: readonly string[]): Generator<LookedThrough, Redactor, void>;
}

interface Learnt {
  readonly key: string;
  readonly values: PrivateValues;
  readonly redactor: { readonly leave: string; readonly made: Redactor } | undefined;
}

/** A sheet that is read for longer has it looked through again. */
const keptMs = 5 * 60_000;

export function createLearntTakeTrees(reader: LibraryReader): LearntTakeTrees {
  let last: Learnt | undefined;
  let forgetting: NodeJS.Timeout | undefined;

  return {
    *redactor(runId, { off, kept, withMedia, rules, patterns }, others = []) {
      const tree = takeTree(reader, runId);
      const told = tree.map(({ run, revision }) => {
        const { name, note, tags } = findRun(reader, run.id) ?? run;
        return [run.id, revision, name, note, tags];
      });
      const key = JSON.stringify([told, rules, patterns]);
      const leave = JSON.stringify([off, kept, withMedia]);
      let learnt = last?.key === key ? last : undefined;
      learnt ??= {
        key,
        values: yield* learn(reader, tree, createPrivateValues({ rules, patterns })),
        redactor: undefined,
      };
      for (const text of others) learnt.values.learn(text);
      const made =
        learnt.redactor?.leave === leave ? learnt.redactor.made : learnt.values.redactor({ off, kept, withMedia });
      last = { ...learnt, redactor: { leave, made } };
      clearTimeout(forgetting);
      forgetting = setTimeout(() => (last = undefined), keptMs).unref();
      return made;
    },
  };
}

function* learn(
  reader: LibraryReader,
  tree: readonly StoredTake[],
  values: PrivateValues,
): Generator<LookedThrough, PrivateValues, void> {
  const total = sizeOf(
    reader,
    tree.map(({ run }) => run.id),
  );
  let done = 0;
  for (const { run } of tree) {
    for (const { span } of spansOf(reader, run.id)) {
      learnSpan(values, span);
      yield { done: ++done, total };
    }
    for (const log of logsToHandOn(reader, run.id)) {
      learnLog(values, log);
      yield { done: ++done, total };
    }
  }
  return values;
}

/** Spans and logs of runs. */
export function sizeOf(reader: LibraryReader, runIds: readonly string[]): number {
  return runIds.map((id) => readRun(reader, id)).reduce((sum, { spans, logs }) => sum + spans + logs, 0);
}
