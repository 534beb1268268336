import { expect, it } from 'vitest';
import { highlightSettings } from './highlight-settings.ts';

const text = `import { NodeSDK } from '@opentelemetry/sdk-node';\n# from here\nendpoint = "http://127.0.0.1:4318/v1/logs"\nOTEL_X=true`;

it('names keywords, strings and comments, and loses nothing', () => {
  const pieces = highlightSettings(text);
  expect(pieces.map((piece) => piece.text).join('')).toBe(text);
  const of = (kind: string) => pieces.filter((piece) => piece.kind === kind).map((piece) => piece.text);
  expect(of('keyword')).toEqual(['import', 'from', 'true']);
  expect(of('string')).toEqual(["'@opentelemetry/sdk-node'", '"http://127.0.0.1:4318/v1/logs"']);
  expect(of('comment')).toEqual(['# from here']);
});
