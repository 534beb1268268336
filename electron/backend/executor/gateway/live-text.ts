import { StringDecoder } from 'node:string_decoder';
import { asRecord, parseJson } from '../../base/json-values.ts';
import type { WireFormat } from './wire.ts';

/** Reads the words of an answer out of its event stream while it comes. Only for showing: the recording is read whole, by the format. */
export interface LiveText {
  /** The words that this piece of the stream completes. */
  take(chunk: Buffer): string;
}

/** A line that is longer is some other content; its words are not shown while they come. */
const maximumLine = 1_000_000;

export function createLiveText(format: Pick<WireFormat, 'liveText'>): LiveText {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let skipping = false;
  return {
    take(chunk) {
      const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (skipping && lines.length > 0) {
        lines.shift();
        skipping = false;
      }
      if (rest.length > maximumLine) {
        rest = '';
        skipping = true;
      }
      return lines
        .map((line) => (line.startsWith('data:') ? format.liveText(asRecord(parseJson(line.slice(5)))) : ''))
        .join('');
    },
  };
}
