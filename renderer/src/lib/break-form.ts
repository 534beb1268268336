import { breakWords, breaksLimit, isSameBreak, readBreak } from '../../../shared/model/break.ts';
import type { Break, BreakCondition } from '../../../shared/model/break.ts';

/** The forms of a condition as they are offered. */
export const breakKinds = [
  { value: 'tool', label: 'the model has called' },
  { value: 'offers', label: 'the model may call' },
  { value: 'model', label: 'the model is' },
  { value: 'cost', label: 'more is spent than' },
  { value: 'tokens', label: 'more tokens than' },
  { value: 'characters', label: 'more characters than' },
  { value: 'call', label: 'it is call number' },
  { value: 'text', label: 'the request holds' },
] as const;
export type BreakKind = (typeof breakKinds)[number]['value'];

/** A condition that is being typed. */
export interface BreakDraft {
  readonly kind: BreakKind;
  readonly value: string;
  /** Of a called tool: a text in its arguments. */
  readonly argument: string;
}

export const emptyDraft: BreakDraft = { kind: 'tool', value: '', argument: '' };

export interface BreaksForm {
  readonly breaks: readonly Break[];
  readonly draft: BreakDraft;
}

export function isEmptyDraft({ value, argument }: BreakDraft): boolean {
  return value.trim() === '' && argument.trim() === '';
}

/** The typed condition, or what is wrong with it. */
export function readDraft({
  kind,
  value,
  argument,
}: BreakDraft): { readonly condition: BreakCondition } | { readonly problem: string } {
  const typed = value.trim();
  const given = argument.trim();
  const condition =
    kind === 'tool'
      ? typed === '' || typed.length > 200
        ? undefined
        : { kind, tool: typed, ...(given === '' ? {} : { argument: given }) }
      : readBreak(`${kind}=${kind === 'text' ? typed : typed.replaceAll(',', '')}`);
  return condition ? { condition } : { problem: problems[kind] };
}

const problems: Readonly<Record<BreakKind, string>> = {
  tool: 'The name of a tool; * stands for any text.',
  offers: 'The name of a tool; * stands for any text.',
  model: 'The name of a model; * stands for any text.',
  cost: 'An amount in dollars, e.g. 0.50.',
  tokens: 'A whole number of tokens.',
  characters: 'A whole number of characters.',
  call: 'A whole number from 1.',
  text: 'A text to look for.',
};

/** The form with what was typed added to the list, or why it was not. */
export function addDraft({ breaks, draft }: BreaksForm): { readonly form: BreaksForm } | { readonly problem: string } {
  const read = readDraft(draft);
  if ('problem' in read) return read;
  const { condition } = read;
  if (breaks.some((one) => isSameBreak(one.condition, condition)))
    return { problem: `There already: ${breakWords(condition)}.` };
  if (breaks.length >= breaksLimit) return { problem: `At most ${breaksLimit} conditions.` };
  return { form: { breaks: [...breaks, { condition, enabled: true }], draft: { ...emptyDraft, kind: draft.kind } } };
}

/** Why nothing starts while a condition is typed and not added. */
export const notAddedText = 'A condition to break at is typed and not added: add it (Enter), or empty its field.';

/** A few words on a list: how many conditions hold calls. */
export function breaksCount(breaks: readonly Break[]): string {
  const on = breaks.filter(({ enabled }) => enabled).length;
  const off = breaks.length - on;
  if (breaks.length === 0) return 'no condition';
  return [
    ...(on > 0 ? [`${on} ${on === 1 ? 'condition' : 'conditions'}`] : []),
    ...(off > 0 ? [`${off} switched off`] : []),
  ].join(', ');
}
