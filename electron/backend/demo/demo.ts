import { join } from 'node:path';
import { demoRunName } from '../../../shared/model/demo.ts';
import type { RecordRequest } from '../../../shared/model/take.ts';
import { partCommand } from '../base/own-program.ts';
import { startScriptedModel } from './scripted-model.ts';
import type { ScriptedModel } from './scripted-model.ts';

/**
 * The address that recordings of the demo keep for its model. `.localhost` is this machine by definition (RFC 6761); the port is
 * whichever the model listens on when it is asked.
 */
export const demoUpstream = 'http://demo-model.localhost/v1';

/** The demo that needs no key: a bundled agent, and a bundled model that runs while something asks it. */
export interface Demo {
  /** What records the demo's agent. */
  readonly request: RecordRequest;
  /** Where live calls to this address go: the demo's model is started with its first call, every other address stays. */
  upstream(address: string | undefined): Promise<string | undefined>;
  close(): Promise<void>;
}

export function createDemo({
  samplesDirectory,
  libraryDirectory,
}: {
  readonly samplesDirectory: string;
  readonly libraryDirectory: string;
}): Demo {
  let model: Promise<ScriptedModel> | undefined;
  return {
    request: {
      launch: {
        command: [...partCommand('demo-agent', join(samplesDirectory, 'demo-agent.mjs'))],
        cwd: libraryDirectory,
      },
      name: demoRunName,
      upstream: demoUpstream,
    },
    async upstream(address) {
      if (address !== demoUpstream) return address;
      model ??= startScriptedModel().catch((error: unknown) => {
        model = undefined;
        throw error;
      });
      return (await model).url;
    },
    async close() {
      await (await model?.catch(() => undefined))?.close();
    },
  };
}
