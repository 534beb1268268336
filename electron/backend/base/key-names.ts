/** What a name says of the value that stands after it: whether that is a key, and how surely. */
export interface KeyName {
  /** password: whatever was chosen for one. key: something that a machine made. bare: `token` alone, which names much else. authorization: the header. */
  readonly kind: 'password' | 'key' | 'bare' | 'authorization';
  /** An environment variable, or a name with a word before it that says whose key it is. */
  readonly isSure: boolean;
  /** In capitals. */
  readonly isVariable: boolean;
  readonly isPlural: boolean;
}

const passwordWords = new Set(['password', 'passwd', 'passphrase', 'pwd', 'pass', 'secret', 'credential']);
/** Written in one with what stands before them. */
const joined =
  /^(?:api|access|auth|secret|private|app|bot|license|master|signing|encryption|account|admin|service|shared|user|db|pg|my|root|smtp|ssh|ftp|mysql|redis|mongo|oauth|refresh|bearer|jwt|id|encrypted)+$/;
/** Of what a word before it makes something that is no secret. */
const harmless =
  /^(?:primary|foreign|public|sort|partition|cache|row|hash|range|map|object|idempotency|dedup|dedupe|deduplication|group|routing|unique|shard|lookup|translation|locale|i18n|item|event|query|react|storage|config|dict|json|field|column|index|test|page|next|previous|prev|continuation|sync|cursor|pad|eos|bos|unk|sep|cls|mask|stop|special|input|output|max|min|total|cached|prompt|completion|reasoning|thinking|num|new|image|audio|text|trace|run|step|message|request|thread|hot|short|arrow|press|shortcut|file|path|name|type|host|known|compass|by|tab)$/;
const sure =
  /^(?:api|secret|access|auth|private|signing|encryption|client|bearer|refresh|service|bot|app|account|admin|license|master|session|personal|deploy|webhook|db|database|oauth|jwt|x|id|user|shared|subscription|integration)$/;

const suffix = /(?:[_-]?\d{1,3}|[_-](?:prod|dev|live|test|staging|value|b64|base64|old|new|primary|secondary))$/i;

/** `name` as it was written: `AWS_SECRET_ACCESS_KEY`, `apiKey`, `x-api-key`. Undefined: no key stands after it. */
export function readKeyName(name: string): KeyName | undefined {
  const bare = name.replace(suffix, '');
  const words = bare
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+| /)
    .filter(Boolean)
    .map((word) => word.toLowerCase());
  const last = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const isVariable = /^[A-Z][A-Z0-9_]*$/.test(bare);
  if (last === 'authorization') return { kind: 'authorization', isSure: true, isVariable, isPlural: false };
  const found = /^(.*?)(password|passwd|passphrase|pwd|pass|secret|credential|key|token|auth)(s?)$/.exec(last);
  if (!found) return undefined;
  const [, front = '', word = '', plural = ''] = found;
  const whose = front === '' ? before : [...before, front];
  if (whose.some((one) => harmless.test(one))) return undefined;
  const isPlural = plural !== '';
  if (passwordWords.has(word)) {
    // `bypass`, `compass`, and the working directory.
    if (word === 'pass' && (whose.length === 0 || (front !== '' && !joined.test(front)))) return undefined;
    if (/^(?:old)?pwd$/.test(bare.toLowerCase()))
      return isVariable ? undefined : { kind: 'password', isSure: false, isVariable, isPlural };
    return { kind: 'password', isSure: isVariable || whose.some((one) => sure.test(one)), isVariable, isPlural };
  }
  // `monkey`
  if (front !== '' && !joined.test(front)) return undefined;
  // `auth` says something about a key in npm's settings only: `_auth`, `//host/:_auth`.
  if (word === 'auth')
    return /(?:^|[^A-Za-z])_auth$/i.test(bare) ? { kind: 'key', isSure: true, isVariable, isPlural } : undefined;
  if (whose.length === 0) return word === 'token' ? { kind: 'bare', isSure: false, isVariable, isPlural } : undefined;
  const isSure = (isVariable && whose.length > 0) || whose.some((one) => sure.test(one) || joined.test(one));
  return { kind: 'key', isSure, isVariable, isPlural };
}
