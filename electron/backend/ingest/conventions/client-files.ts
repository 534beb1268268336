import { isOfFile, sourceAttributes } from '../../telemetry/source-attributes.ts';
import { silent } from './convention.ts';
import type { Convention, FactsPart } from './convention.ts';

/** Runs that Retake read from a client's own session file: what such a file does not have is said on the run, too. */
export const clientFiles: Convention = {
  ...silent,
  id: 'client-files',
  version: 1,

  applies: (view) => isOfFile(view.scopeName) && view.attributes.has(sourceAttributes.lacks),
  classify: () => undefined,

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
