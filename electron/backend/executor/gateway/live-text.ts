import { StringDecoder } from 'node:string_decoder';
import { asList, asRecord, asText, parseJson } from '../../base/json-values.ts';
import type { WireFamily } from './wire.ts';

/** Reads the words of an answer out of its event stream while it comes. Only for showing: the recording is read whole, by the format. */
export interface LiveText {
  /** The words that this piece of the stream completes. */
  take(chunk: Buffer): string;
}

/** A line that is longer is some other content; its words are not shown while they come. */
const maximumLine = 1_000_000;

export function createLiveText(family: WireFamily): LiveText {
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
      return lines.map((line) => (line.startsWith('data:') ? wordsOf(family, parseJson(line.slice(5))) : '')).join('');
    },
  };
}

function wordsOf(family: WireFamily, json: unknown): string {
  const event = asRecord(json);
  switch (family) {
    case 'openai.chat':
      return asText(asRecord(asRecord(asList(event['choices'])[0])['delta'])['content']) ?? '';
    case 'openai.responses':
      return event['type'] === 'response.output_text.delta' ? (asText(event['delta']) ?? '') : '';
    case 'anthropic.messages':
      return event['type'] === 'content_block_delta' ? (asText(asRecord(event['delta'])['text']) ?? '') : '';
    case 'gemini.generate':
      return asList(asRecord(asRecord(asList(event['candidates'])[0])['content'])['parts'])
        .map((part) => (asRecord(part)['thought'] === true ? '' : (asText(asRecord(part)['text']) ?? '')))
        .join('');
    default:
      return '';
  }
}
