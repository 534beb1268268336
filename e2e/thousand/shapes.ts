import type { Random } from './random.ts';

/** Values as programs make them. What looks like one of these may be new in every run, or the very thing that an agent is about. */
export const shapes = [
  'uuid4',
  'uuid7',
  'ulid',
  'nanoid',
  'hex8',
  'hex12',
  'hex40',
  'order',
  'session',
  'epoch',
  'epoch-ms',
  'date',
  'time',
  'words',
  'path',
  'pid',
  'port',
  'duration',
  'snowflake',
  'counter',
] as const;
export type Shape = (typeof shapes)[number];

const hex = '0123456789abcdef';
const base32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const dayMs = 86_400_000;

/** A date in words, without the year's time of day. */
export const dateWords = (ms: number): string => {
  const date = new Date(ms);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
};

/**
 * A value of a shape. `nowMs`: what is made of the clock lies near it. `folder`: paths of one run lie in one folder.
 * Figures have at least four digits, so that none of them is also a small count in a text.
 */
export function makeValue(shape: Shape, random: Random, nowMs: number, folder: string): string {
  const near = (): number => nowMs + (random.below(600) - 300) * dayMs + random.below(dayMs);
  switch (shape) {
    case 'uuid4':
      return `${random.text(hex, 8)}-${random.text(hex, 4)}-4${random.text(hex, 3)}-${random.text('89ab', 1)}${random.text(hex, 3)}-${random.text(hex, 12)}`;
    case 'uuid7':
      return `${Math.floor(nowMs / 65_536)
        .toString(16)
        .padStart(
          8,
          '0',
        )}-${random.text(hex, 4)}-7${random.text(hex, 3)}-${random.text('89ab', 1)}${random.text(hex, 3)}-${random.text(hex, 12)}`;
    case 'ulid':
      return `01K${random.text(base32, 23)}`;
    case 'nanoid':
      return `V1${random.text(`${base62}_-`, 18)}x`;
    case 'hex8':
      return `${random.text('abcdef', 2)}${random.text(hex, 6)}`;
    case 'hex12':
      return `${random.text('abcdef', 2)}${random.text(hex, 10)}`;
    case 'hex40':
      return random.text(hex, 40);
    case 'order':
      return `ord_${random.text('0123456789', 1)}${random.text(base62, 9)}`;
    case 'session':
      return `sess-${random.text(hex, 10)}`;
    case 'epoch':
      return String(Math.floor(near() / 1_000));
    case 'epoch-ms':
      return String(near());
    case 'date':
      return new Date(near()).toISOString().slice(0, 10);
    case 'time':
      return new Date(near()).toISOString();
    case 'words':
      return dateWords(near());
    case 'path':
      return `${folder}/${random.text('abcdefghijkmnpqrstuvwxyz', 6)}.${random.pick(['txt', 'json', 'csv'])}`;
    case 'pid':
      return String(10_000 + random.below(50_000));
    case 'port':
      return `http://127.0.0.1:${30_000 + random.below(30_000)}`;
    case 'duration':
      return `${1_000 + random.below(8_999)}.${random.below(90) + 10} ms`;
    case 'snowflake':
      return `1${random.text('0123456789', 18)}`;
    case 'counter':
      return `#${1_000 + random.below(8_999)}`;
    default:
      return shape satisfies never;
  }
}
