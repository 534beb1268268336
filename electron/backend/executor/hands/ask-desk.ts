import { request } from 'node:http';
import { z } from 'zod';

/** What the gateway answers to `/tools/decide` (tools-endpoint.ts). */
export const decisionSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('result'), content: z.string(), isError: z.boolean(), native: z.json().optional() }),
  z.object({ action: z.literal('run') }),
  z.object({ action: z.literal('deny'), message: z.string() }),
]);

/** Posts to the gateway. Waits as long as a person takes: fetch would give up after five minutes. */
export function post(url: string, body: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method: 'POST', headers: { 'content-type': 'application/json' } }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => (text += chunk))
        .on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200)
          return reject(new Error(`Retake answered with status ${response.statusCode}: ${text.slice(0, 500)}`));
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    asked.on('error', reject).end(JSON.stringify(body));
  });
}
