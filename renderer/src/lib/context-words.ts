import { assertNever } from '../../../shared/model/assert-never.ts';
import type {
  CacheCause,
  ContextCategory,
  ProviderDiagnosis,
  TokenSource,
} from '../../../shared/model/context-lens.ts';
import { formatDuration, formatTokens } from './format.ts';

const categories: Readonly<Record<ContextCategory, string>> = {
  system: 'system',
  tools: 'tools',
  user: 'user',
  assistant: 'assistant',
  reasoning: 'reasoning',
  tool_results: 'tool results',
  media: 'images and files',
  other: 'other',
  unseen: 'not in the trace',
};

export const categoryWord = (category: ContextCategory): string => categories[category];

const sources: Readonly<Record<TokenSource, string>> = {
  measured: 'Counted: the difference between two reported inputs',
  split: 'Counted together with what came along, and divided by length',
  estimated: 'An estimate by length, fitted to the reported input',
};

export const tokenSourceWords = (source: TokenSource): string => sources[source];

/** What took the cache away, as a sentence without its full stop. */
export function causeWords(cause: CacheCause): string {
  switch (cause.kind) {
    case 'model':
      return `another model: ${cause.from} before, ${cause.to} now, and each has a cache of its own`;
    case 'tools':
      return `${toolChange(cause.added, cause.removed)}; first difference at byte ${cause.difference.byte} of ${cause.difference.label}`;
    case 'system':
      return `the system prompt differs from byte ${cause.difference.byte} on`;
    case 'message':
      return `${howWords[cause.how]}: ${cause.difference.label}, from byte ${cause.difference.byte} on`;
    case 'compaction':
      return 'the conversation was compacted, so that what had been cached is not what was sent';
    case 'parameters':
      return `the parameter ${cause.name} is another one`;
    case 'timeout':
      return `it came ${formatDuration(cause.gapMs)} later, and the cache keeps it for ${formatDuration(cause.keptMs)}`;
    case 'provider':
      return `the request begins with the same bytes and came ${formatDuration(cause.gapMs)} later: the provider did not find it`;
    case 'unknown':
      return `not known: ${cause.why}`;
    default:
      return assertNever(cause, 'cause');
  }
}

/** Reasons by the names that Anthropic and OpenAI give them. */
const diagnoses: Readonly<Record<string, string>> = {
  cache_hit: 'the cache was found',
  pending: 'its comparison was not done when the answer began',
  unavailable: 'it has no diagnosis',
  previous_message_not_found: 'it does not have the answer before any more to compare with',
  comparison_response_not_found: 'it does not have the answer before any more to compare with',
  model_changed: 'another model',
  system_changed: 'the system prompt was changed',
  tools_changed: 'other tools',
  messages_changed: 'earlier messages were changed',
  input_changed: 'the input was changed',
};

/** What a provider said of its cache, as the end of a sentence: in its own word where Retake has none for it. */
export function diagnosisWords({ reason, missedTokens }: ProviderDiagnosis): string {
  const words = Object.hasOwn(diagnoses, reason) ? diagnoses[reason] : undefined;
  const tokens = missedTokens === undefined ? '' : `, about ${formatTokens(missedTokens)} tokens`;
  return `${words ?? reason.replaceAll('_', ' ')}${tokens}`;
}

const howWords = {
  changed: 'an earlier message was changed',
  removed: 'an earlier message was taken out',
  inserted: 'something was put in before an earlier message',
} as const;

function toolChange(added: readonly string[], removed: readonly string[]): string {
  const parts = [
    ...(added.length === 0 ? [] : [`${listed(added)} added`]),
    ...(removed.length === 0 ? [] : [`${listed(removed)} removed`]),
  ];
  return parts.length === 0
    ? 'the tools are defined otherwise, or in another order'
    : `other tools: ${parts.join(', ')}`;
}

const listed = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
