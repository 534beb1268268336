import type { KeyName } from './key-names.ts';

/** Words for a value that is not there, or that only its type is told of. */
const noValue =
  /^(?:null|none|undefined|nil|true|false|yes|no|on|off|string|str|number|int|integer|float|boolean|bool|bytes|any|object|array|list|dict|map|text|varchar|unknown|never|void|optional|required|missing|invalid|empty|default|password|passwd|pwd|passphrase|secret|token|key|value|auto|prompt|hidden|secretstr|buffer|uuid|char|self|this|const|let|var|new|await|function|return|set|unset|not|and|the)$/i;
const placeholder =
  /your|insert|enter|replace|change[-_ ]?(?:me|it|this)|example|placeholder|dummy|redacted|removed|masked|hidden|sample|todo|fixme|xxx|foo|bar|baz|fake|mock/i;
/** Not a text: an expression that the value is taken from. */
const expression =
  /^(?:[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*[([]|(?:os|process|env|self|this|config|settings|args|options|opts|req|request|import|secrets|data|values|user|credentials|params|props|state|context|ctx|event|body|form|json|app|cls|obj|var|local|module)\??\.)/;
const environmentName = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Made of words and small numbers, as people write names: `user:1234:profile`, `v1-user-list`. */
export function isWordy(value: string): boolean {
  return value.split(/[^A-Za-z0-9]+/).every(
    (part) =>
      /^(?:[A-Za-z]?[a-z]*|[A-Z]+|\d{1,6}|[A-Za-z]\d{1,3}|[a-z]{2,12}\d{1,2})$/.test(part) ||
      // camelCase, each word of which has some letters
      (/^[A-Za-z]?[a-z]{2,}(?:[A-Z][a-z]+)*$/.test(part) && part.length < 60),
  );
}

/** It has letters and digits, or both cases, beyond what a name has. */
function isMade(value: string, length: number): boolean {
  if (value.length < length || isWordy(value)) return false;
  const hasBothCases = /[a-z]/.test(value) && /[A-Z]/.test(value);
  return /[A-Za-z]/.test(value) && (/\d/.test(value) || (value.length >= 16 && hasBothCases));
}

/** Whether what stands after a name is its key, and no placeholder, expression, type or path. `isQuoted`: it stands in quotation marks. */
export function isKeyValue(value: string, { kind, isSure, isVariable }: KeyName, isQuoted: boolean): boolean {
  if (value.length < 4 || noValue.test(value) || /^0x[0-9a-f]+$/i.test(value)) return false;
  if (
    /^[${[(<%*#!@&|]/.test(value) &&
    (kind !== 'password' || /^(?:[[{(<*|]|[$%@&!#][A-Za-z{(_]*$|\$[{(A-Za-z_])/.test(value))
  )
    return false;
  if (/\.\.\.|…|\*\*\*|<[\w -]*>|\{\{|\$\{|\}\}|^x+$|^[-_.=*/~+]+$/i.test(value)) return false;
  if (!isQuoted && expression.test(value)) return false;
  if (environmentName.test(value) && !/\d[A-Z]+\d|\d{3}/.test(value)) return false;
  if (isWordy(value) && placeholder.test(value)) return false;
  if (/^(?:\.{0,2}\/|~\/|[A-Za-z]:[\\/])/.test(value) && !/^[A-Za-z0-9+/]{40}$/.test(value)) return false;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value)) return false;
  if (kind === 'password') return isPassword(value, isVariable, isQuoted);
  if (/\s/.test(value)) return false;
  if (uuid.test(value)) return isSure;
  return isMade(value, kind !== 'bare' && isSure ? 8 : 16);
}

function isPassword(value: string, isVariable: boolean, isQuoted: boolean): boolean {
  // A sentence about passwords.
  if (/\s/.test(value)) return isVariable && isQuoted;
  if (isVariable || isQuoted) return true;
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value) && isWordy(value)) return false;
  return /\d/.test(value)
    ? !/^\d{1,3}$/.test(value)
    : /[^\w.-]/.test(value) && /[A-Za-z]/.test(value) && !/[()[\]{}=]/.test(value);
}
