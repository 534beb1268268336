import { isOfFile, sourceAttributes } from '../../telemetry/source-attributes.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart } from './convention.ts';

/** `subKind` of a session that was read from what its client printed (`--output-format stream-json`, messages of the Agent SDK). */
export const printedSession = 'printed_session';

/** Runs that Retake read from a client's own session file: what such a file does not have is said on the run, too. */
export const clientFiles: Convention = {
  ...silent,
  id: 'client-files',
  version: 2,

  applies: (view) =>
    isOfFile(view.scopeName) &&
    (view.attributes.has(sourceAttributes.lacks) || view.attributes.has(sourceAttributes.printed)),
  classify: ({ attributes }) =>
    attributes.boolean(sourceAttributes.printed) === true ? { kind: 'agent', subKind: printedSession } : undefined,

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
