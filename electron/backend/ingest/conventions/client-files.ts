import { isOfFile, sourceAttributes, withoutIds } from '../../telemetry/source-attributes.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart } from './convention.ts';

/** `subKind` of a session that was read from what its client printed (`--output-format stream-json`, messages of the Agent SDK). */
export const printedSession = 'printed_session';

/** `subKind` of one that was read from what its client printed without an id of any call (`codex exec --json`). */
export const printedOutput = 'printed_output';

/** Runs that Retake read from a client's own session file: what such a file does not have is said on the run, too. */
export const clientFiles: Convention = {
  ...silent,
  id: 'client-files',
  version: 3,

  applies: (view) =>
    isOfFile(view.scopeName) &&
    (view.attributes.has(sourceAttributes.lacks) || view.attributes.has(sourceAttributes.printed)),
  classify({ attributes }) {
    if (attributes.boolean(sourceAttributes.printed) === true) return { kind: 'agent', subKind: printedSession };
    return attributes.text(sourceAttributes.printed) === withoutIds
      ? { kind: 'agent', subKind: printedOutput }
      : undefined;
  },

  facts(view): FactsPart {
    const lacks = view.attributes.text(sourceAttributes.lacks);
    return lacks === undefined
      ? {}
      : {
          notices: [
            {
              code: 'not-in-its-file',
              message: `The session file that this run was read from does not have ${lacks}: what a model saw is shown without.`,
            },
          ],
        };
  },
};
