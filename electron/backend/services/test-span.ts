import { randomBytes } from 'node:crypto';
import { wordsOf } from '../../../shared/words-of.ts';
import { Refused } from '../base/faults.ts';
import type { ListenerState } from '../receiver/receiver.ts';

const patienceMs = 10_000;

/** Sends one span through the listening OTLP/HTTP port, exactly as a client would, and says which run it must have become. */
export async function sendTestSpan(listeners: readonly ListenerState[]): Promise<{ runId: string }> {
  const listener = listeners.find(({ protocol, state }) => protocol === 'http' && state === 'listening');
  if (listener?.port === undefined)
    throw new Refused('The OTLP/HTTP receiver is not listening. Settings and the status bar say why.');
  const traceId = randomBytes(16).toString('hex');
  const endNs = BigInt(Date.now()) * 1_000_000n;
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const request = {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'retake-test')] },
        scopeSpans: [
          {
            scope: { name: 'retake.test' },
            spans: [
              {
                traceId,
                spanId: randomBytes(8).toString('hex'),
                name: 'Test span from Retake',
                kind: 1,
                startTimeUnixNano: String(endNs - 1_000_000n),
                endTimeUnixNano: String(endNs),
                attributes: [text('retake.test', 'true')],
                status: { code: 1 },
              },
            ],
          },
        ],
      },
    ],
  };
  const response = await fetch(`http://${listener.host}:${listener.port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(patienceMs),
  }).catch((error: unknown) => {
    throw new Refused(`The receiver on port ${listener.port} did not answer (${wordsOf(error)}).`);
  });
  if (!response.ok)
    throw new Refused(
      `The receiver refused the test span with ${response.status}: ${(await response.text()).slice(0, 500)}`,
    );
  return { runId: traceId };
}
