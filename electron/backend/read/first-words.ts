import { oneLine } from '../base/one-line.ts';
import { firstWordsRows } from '../library/followers/first-words-rows.ts';
import { followRuns } from '../library/followers/run-follower.ts';
import { lastAnswer } from '../library/queries/steps.ts';
import { createContentReader } from './step-content.ts';
import { taskOfRun } from './task-of-run.ts';

/** At most this many characters of each. */
const longestWords = 240;

/** Keeps how the task and the answer of every run begin. */
export const firstWordsFollower = followRuns({
  ...firstWordsRows,
  label: 'the first words of the runs',
  announces: true,
  *rows(runId, library) {
    const task = taskOfRun(library, createContentReader(library), runId);
    const last = lastAnswer(library, runId)?.step;
    const answer = last?.facts.answerBegins ?? last?.preview;
    if (task === undefined && answer === undefined) return;
    yield {
      task: task === undefined ? undefined : oneLine(task, longestWords),
      answer: answer === undefined ? undefined : oneLine(answer, longestWords),
    };
  },
});
