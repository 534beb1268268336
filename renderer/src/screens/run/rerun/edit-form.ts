import { assertNever } from '../../../../../shared/model/assert-never.ts';
import type { Edit } from '../../../../../shared/model/edit.ts';
import type { Part, ToolDefinition } from '../../../../../shared/model/message.ts';
import { placeOfResult } from '../../../../../shared/model/result-name.ts';
import type { ForkItem, TakePlan } from '../../../../../shared/model/take.ts';

/** The fork's request as it was recorded: what every change is made against. */
export type ForkRequest = NonNullable<TakePlan['request']>;
export type ItemName = ForkItem['item'];

/** A text beside what it was, so that it can be compared and reverted without asking again. */
export interface TextChange {
  readonly original: string;
  readonly text: string;
}

export interface ResultChange extends TextChange {
  readonly wasError: boolean;
  readonly isError: boolean;
}

export interface InsertedMessage {
  readonly key: number;
  /** Index of the recorded message that it stands before; the number of messages for the end. */
  readonly before: number;
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** `json`: as typed; undefined takes the parameter out of the request. */
export interface ParameterChange {
  readonly name: string;
  readonly json: string | undefined;
}

export interface AnswerCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: string;
}

export interface AnswerChange {
  readonly text: string;
  readonly calls: readonly AnswerCall[];
}

export interface PromptRule {
  readonly find: string;
  readonly replace: string;
  readonly where: 'system' | 'user' | 'all';
}

/** What the sheet's middle column holds: one entry per field that the user touched. */
export interface EditForm {
  /** Empty: as recorded. */
  readonly model: string;
  readonly provider: string;
  /** Whether model, provider, parameters and tools hold for every live call or for the fork's only. */
  readonly scope: 'run' | 'fork';
  readonly parameters: readonly ParameterChange[];
  readonly texts: ReadonlyMap<string, TextChange>;
  /** By what an edit names them by: the call's id, or tool and order. */
  readonly results: ReadonlyMap<string, ResultChange>;
  readonly removed: ReadonlySet<number>;
  readonly inserted: readonly InsertedMessage[];
  readonly answer: AnswerChange | undefined;
  readonly toolsRemoved: ReadonlySet<string>;
  readonly toolsAdded: readonly ToolDefinition[];
  readonly rules: readonly PromptRule[];
}

export const emptyForm: EditForm = {
  model: '',
  provider: '',
  scope: 'run',
  parameters: [],
  texts: new Map(),
  results: new Map(),
  removed: new Set(),
  inserted: [],
  answer: undefined,
  toolsRemoved: new Set(),
  toolsAdded: [],
  rules: [],
};

export interface FieldProblem {
  /** Key of the field, as in `BuiltEdits.fields`. */
  readonly field: string;
  readonly message: string;
}

export interface BuiltEdits {
  readonly edits: readonly Edit[];
  /** The field that each edit comes from, by position. */
  readonly fields: readonly string[];
  /** Fields that cannot be sent as they are; they are left out of `edits`. */
  readonly problems: readonly FieldProblem[];
}

/** Names of fields: what a problem is shown at. */
export const fieldOf = {
  model: 'model',
  parameter: (name: string) => `parameter ${name}`,
  text: (item: ItemName, part: number) => `text ${item} ${part}`,
  result: (named: string) => `result ${named}`,
  removed: (item: number) => `removed ${item}`,
  inserted: (key: number) => `inserted ${key}`,
  answer: 'answer',
  tools: 'tools',
  rule: (at: number) => `rule ${at}`,
} as const;

/**
 * The edits of a form, in the order in which they are applied one after the other: texts and results first, by the recorded numbers;
 * then messages that go or come, from the last to the first, so that a number still means the message that it was recorded with.
 */
export function editsOf(form: EditForm, request: ForkRequest): BuiltEdits {
  const edits: Edit[] = [];
  const fields: string[] = [];
  const problems: FieldProblem[] = [];
  const add = (field: string, edit: Edit) => {
    edits.push(edit);
    fields.push(field);
  };
  const refuse = (field: string, message: string) => problems.push({ field, message });

  for (const rule of form.rules.entries()) addRule(rule, add, refuse);
  for (const [key, change] of form.texts) {
    const { item, part } = parseTextKey(key);
    if (change.text === change.original || (item !== 'system' && form.removed.has(item))) continue;
    add(fieldOf.text(item, part), { op: 'message', item, part, text: change.text });
  }
  for (const [named, change] of form.results) {
    if (change.text === change.original && change.isError === change.wasError) continue;
    add(fieldOf.result(named), {
      op: 'tool_result',
      callId: named,
      content: change.text,
      ...(change.isError === change.wasError ? {} : { isError: change.isError }),
    });
  }
  addMoves(form, request, add);
  addModel(form, request, add);
  addParameters(form, request, add, refuse);
  addTools(form, add, refuse);
  addAnswer(form, request, add, refuse);
  return { edits, fields, problems };
}

type Add = (field: string, edit: Edit) => void;
type Refuse = (field: string, message: string) => void;

function addRule([at, rule]: readonly [number, PromptRule], add: Add, refuse: Refuse): void {
  if (rule.find === '') {
    if (rule.replace !== '') refuse(fieldOf.rule(at), 'Say what is to be found.');
    return;
  }
  if (rule.find !== rule.replace)
    add(fieldOf.rule(at), { op: 'prompt_rule', find: rule.find, replace: rule.replace, where: rule.where });
}

function addMoves(form: EditForm, request: ForkRequest, add: Add): void {
  for (let at = messageCount(request); at >= 0; at -= 1) {
    if (form.removed.has(at)) add(fieldOf.removed(at), { op: 'remove_message', item: at });
    // The last of several is put in first: each one stands before the one that is already there.
    for (const message of form.inserted.filter(({ before }) => before === at).toReversed()) {
      if (message.text.trim() !== '')
        add(fieldOf.inserted(message.key), { op: 'insert_message', item: at, role: message.role, text: message.text });
    }
  }
}

function addModel(form: EditForm, request: ForkRequest, add: Add): void {
  const model = form.model.trim();
  if (form.provider !== '' && (model !== '' || request.model !== undefined)) {
    add(fieldOf.model, {
      op: 'provider',
      provider: form.provider,
      model: model === '' ? (request.model ?? '') : model,
      scope: form.scope,
    });
  } else if (model !== '' && model !== request.model) add(fieldOf.model, { op: 'model', model, scope: form.scope });
}

function addParameters(form: EditForm, request: ForkRequest, add: Add, refuse: Refuse): void {
  for (const { name, json } of form.parameters) {
    const field = fieldOf.parameter(name);
    const recorded = request.parameters.find((parameter) => parameter.name === name)?.json;
    if (json === undefined) {
      if (recorded !== undefined) add(field, { op: 'params', set: { [name]: null }, scope: form.scope });
      continue;
    }
    const value = readJson(json);
    if (value === undefined) {
      refuse(
        field,
        json.trim() === ''
          ? 'A value, or take the parameter away.'
          : `Not a JSON value. A text stands in quotes: ${JSON.stringify(json.trim())}`,
      );
    } else if (recorded === undefined || !sameJson(recorded, value.json))
      add(field, { op: 'params', set: { [name]: value.json }, scope: form.scope });
  }
}

function addTools(form: EditForm, add: Add, refuse: Refuse): void {
  const remove = [...form.toolsRemoved];
  const broken = form.toolsAdded.find(
    ({ name, parameters }) => name.trim() === '' || (parameters !== undefined && readJson(parameters) === undefined),
  );
  if (broken !== undefined) {
    refuse(
      fieldOf.tools,
      broken.name.trim() === ''
        ? 'A tool needs a name.'
        : `The parameters of ${broken.name} are no JSON schema: they cannot be read as JSON.`,
    );
    return;
  }
  if (remove.length === 0 && form.toolsAdded.length === 0) return;
  add(fieldOf.tools, {
    op: 'tools',
    ...(remove.length === 0 ? {} : { remove }),
    ...(form.toolsAdded.length === 0 ? {} : { add: [...form.toolsAdded] }),
    scope: form.scope,
  });
}

function addAnswer(form: EditForm, request: ForkRequest, add: Add, refuse: Refuse): void {
  const { answer } = form;
  if (answer === undefined) return;
  const recorded = recordedAnswer(request);
  if (answer.text === recorded.text && JSON.stringify(answer.calls) === JSON.stringify(recorded.calls)) return;
  const broken = answer.calls.find(
    (call) => call.name.trim() === '' || readJson(call.arguments === '' ? '{}' : call.arguments) === undefined,
  );
  if (broken !== undefined) {
    refuse(
      fieldOf.answer,
      broken.name.trim() === ''
        ? 'A tool call needs the name of its tool.'
        : `The arguments of ${broken.name} are not JSON.`,
    );
    return;
  }
  const parts: Part[] = [
    ...(answer.text === '' ? [] : [{ type: 'text' as const, text: answer.text }]),
    ...answer.calls.map((call) => ({
      type: 'tool_call' as const,
      ...(call.id === undefined ? {} : { id: call.id }),
      name: call.name,
      arguments: call.arguments === '' ? '{}' : call.arguments,
    })),
  ];
  if (parts.length === 0) refuse(fieldOf.answer, 'An answer needs a text or a tool call.');
  else add(fieldOf.answer, { op: 'response', parts });
}

/** Text and tool calls of the recorded answer: what an edit of it starts from. Reasoning is not carried over. */
export function recordedAnswer(request: ForkRequest): AnswerChange {
  return {
    text: request.answer.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n'),
    calls: request.answer.flatMap((part) =>
      part.type === 'tool_call' ? [{ id: part.id, name: part.name, arguments: part.arguments ?? '' }] : [],
    ),
  };
}

/**
 * The form that makes these edits: of a file, of another take. Numbers of messages are followed through the moves before them, as
 * they are when the edits are applied. What fits no message of this request is named in `problems` and left out.
 */
export function formOf(
  edits: readonly Edit[],
  request: ForkRequest,
): { readonly form: EditForm; readonly problems: readonly string[] } {
  const count = messageCount(request);
  const slots: (number | { key: number })[] = Array.from({ length: count }, (_, at) => at);
  const texts = new Map<string, TextChange>();
  const results = new Map<string, ResultChange>();
  const removed = new Set<number>();
  const inserted = new Map<number, Omit<InsertedMessage, 'before'>>();
  const problems: string[] = [];
  let form = emptyForm;
  for (const edit of edits) {
    switch (edit.op) {
      case 'message': {
        const slot = edit.item === 'system' ? 'system' : slots[edit.item];
        if (slot === undefined) problems.push(`There is no message ${edit.item} in this request.`);
        else if (typeof slot === 'object') {
          const message = inserted.get(slot.key);
          if (message !== undefined) inserted.set(slot.key, { ...message, text: edit.text });
        } else
          texts.set(textKey(slot, edit.part ?? 0), {
            original: originalText(request, slot, edit.part ?? 0),
            text: edit.text,
          });
        break;
      }
      case 'remove_message': {
        const [slot] = slots.splice(edit.item, 1);
        if (slot === undefined) problems.push(`There is no message ${edit.item} in this request.`);
        else if (typeof slot === 'object') inserted.delete(slot.key);
        else removed.add(slot);
        break;
      }
      case 'insert_message': {
        if (edit.item > slots.length) {
          problems.push(`This request has ${slots.length} messages: none can stand at ${edit.item}.`);
          break;
        }
        const key = inserted.size + 1;
        inserted.set(key, { key, role: edit.role, text: edit.text });
        slots.splice(edit.item, 0, { key });
        break;
      }
      case 'tool_result': {
        const recorded = resultOf(request, edit.callId);
        if (recorded === undefined) problems.push(`This request holds no result of call ${edit.callId}.`);
        else
          results.set(recorded.named, {
            original: recorded.text,
            wasError: recorded.isError === true,
            text: edit.content,
            isError: edit.isError ?? recorded.isError === true,
          });
        break;
      }
      case 'model':
        form = { ...form, model: edit.model, scope: edit.scope };
        break;
      case 'provider':
        form = { ...form, provider: edit.provider, model: edit.model, scope: edit.scope };
        break;
      case 'params': {
        const changes = Object.entries(edit.set).map(([name, value]) => ({
          name,
          json: value === null ? undefined : JSON.stringify(value),
        }));
        form = {
          ...form,
          scope: edit.scope,
          parameters: [
            ...form.parameters.filter(({ name }) => !changes.some((change) => change.name === name)),
            ...changes,
          ],
        };
        break;
      }
      case 'tools':
        form = {
          ...form,
          scope: edit.scope,
          toolsRemoved: new Set([...form.toolsRemoved, ...(edit.remove ?? [])]),
          toolsAdded: [...form.toolsAdded, ...(edit.add ?? [])],
        };
        break;
      case 'prompt_rule':
        form = { ...form, rules: [...form.rules, { find: edit.find, replace: edit.replace, where: edit.where }] };
        break;
      case 'response':
        form = { ...form, answer: recordedAnswer({ ...request, answer: edit.parts }) };
        break;
      default:
        assertNever(edit);
    }
  }
  return { form: { ...form, texts, results, removed, inserted: placed(slots, inserted, removed, count) }, problems };
}

/** Inserted messages by the recorded one that they stand before: the nearest after them that was there, gone or not. */
function placed(
  slots: readonly (number | { key: number })[],
  inserted: ReadonlyMap<number, Omit<InsertedMessage, 'before'>>,
  removed: ReadonlySet<number>,
  count: number,
): readonly InsertedMessage[] {
  const messages: InsertedMessage[] = [];
  let before = count;
  for (const slot of slots.toReversed()) {
    if (typeof slot === 'number') {
      before = slot;
      continue;
    }
    const message = inserted.get(slot.key);
    // A removed message keeps its number: what stood in its place stands before the first of those that went.
    let at = before;
    while (at > 0 && removed.has(at - 1)) at -= 1;
    if (message !== undefined) messages.unshift({ ...message, before: at });
  }
  return messages;
}

export function textKey(item: ItemName, part: number): string {
  return `${item} ${part}`;
}

function parseTextKey(key: string): { readonly item: ItemName; readonly part: number } {
  const [item = '', part = '0'] = key.split(' ');
  return { item: item === 'system' ? 'system' : Number(item), part: Number(part) };
}

/** Messages without the system's. */
export function messageCount(request: ForkRequest): number {
  return request.items.filter(({ item }) => item !== 'system').length;
}

function originalText(request: ForkRequest, item: ItemName, part: number): string {
  return request.items.find((one) => one.item === item)?.texts.find((text) => text.part === part)?.text ?? '';
}

function resultOf(request: ForkRequest, named: string): ForkItem['toolResults'][number] | undefined {
  const results = request.items.flatMap(({ toolResults }) => toolResults);
  return results[placeOfResult(results, named) ?? -1];
}

type Json = Extract<Edit, { op: 'params' }>['set'][string];

/** In a box: `null` is a value too. Undefined for text that is no JSON. */
function readJson(text: string): { readonly json: Json } | undefined {
  try {
    return { json: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
}

function sameJson(text: string, value: Json): boolean {
  const read = readJson(text);
  return read !== undefined && JSON.stringify(read.json) === JSON.stringify(value);
}

/** Problems of a plan and of the form, by the field that they belong to; `''` for those of none. */
export function problemsByField(built: BuiltEdits, plan: TakePlan | undefined): ReadonlyMap<string, readonly string[]> {
  const byField = new Map<string, string[]>();
  const note = (field: string, message: string) => byField.set(field, [...(byField.get(field) ?? []), message]);
  for (const { field, message } of built.problems) note(field, message);
  for (const problem of plan?.problems ?? [])
    note(problem.edit === undefined ? '' : (built.fields[problem.edit] ?? ''), problem.message);
  return byField;
}
