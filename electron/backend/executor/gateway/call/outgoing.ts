import { keyMark } from '../../../../../shared/model/key-mark.ts';
import { isRecord, parseJson } from '../../../base/json-values.ts';
import type { Secrets } from '../../../base/secrets.ts';
import { putKeysBack } from '../key-marks.ts';
import type { CallFacts, GivenCall } from './call.ts';

/** A call on its way to a provider. */
export interface Outgoing {
  /** Path and query below the prefix. */
  readonly path: string;
  /** The body without keys, as whoever decided about it saw it; they are put back. Undefined: no model call, it goes out as it came. */
  readonly text: string | undefined;
}

/** What goes out, and what is to be known of it where that is not what came in. */
export function outgoingCall(
  call: GivenCall,
  facts: CallFacts,
  { path, text }: Outgoing,
  secrets: Secrets,
): { readonly body: Buffer; readonly facts: CallFacts } {
  const { given, recognised } = call;
  if (text === undefined) return { body: given.body, facts };
  const { body, note } = withKeys(secrets, text, given.body);
  const noted =
    note === undefined ? facts : { ...facts, note: `${facts.note === undefined ? '' : `${facts.note} `}${note}` };
  const isChanged = !body.equals(given.body);
  if (path === given.path && !isChanged) return { body, facts: noted };
  const pathname = path.replace(/\?.*$/s, '');
  const json = parseJson(secrets.clean(body).toString('utf8'));
  const route = recognised?.format.recognise(pathname);
  return {
    body,
    facts: {
      ...noted,
      ...(isChanged ? { outgoing: body } : {}),
      // Some formats have the model in the path.
      ...(path === given.path ? {} : { sentPath: `/${given.prefix}${pathname}` }),
      ...(recognised && route && isRecord(json) ? { call: recognised.format.readRequest(json, route) } : {}),
    },
  };
}

/** The agent's own bytes where nothing was changed; else its keys stand again where the recording has marks. */
function withKeys(
  secrets: Secrets,
  text: string,
  given: Buffer,
): { readonly body: Buffer; readonly note: string | undefined } {
  if (text === secrets.clean(given).toString('utf8')) return { body: given, note: undefined };
  const back = putKeysBack(secrets, text, given.toString('utf8'));
  return {
    body: Buffer.from(back.text),
    note:
      back.left === 0
        ? undefined
        : `${back.left === 1 ? `A key that the recording does not hold went to the model as “${keyMark}”` : `${back.left} keys that the recording does not hold went to the model as “${keyMark}”`}: the live request has none at that place.`,
  };
}
