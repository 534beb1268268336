import { memberOf, setMember } from '../../../../base/json-cursor.ts';
import { isRecord } from '../../../../base/json-values.ts';
import type { CacheQuestion } from '../../wire.ts';

const options = 'prompt_cache_options';
const comparedWith = 'comparison_response_id';

/** Only from GPT-5.6 on: what is older refuses the member around it. */
export const responsesCacheQuestion: CacheQuestion = {
  host: 'api.openai.com',
  ask(root, { model, continues }, previous) {
    const baseline = continues?.startsWith('resp') === true ? continues : previous;
    if (baseline === undefined || !takesQuestion(model)) return undefined;
    const id = JSON.stringify(baseline);
    const own = memberOf(root, options);
    if (own === undefined) return setMember(root, options, `{"${comparedWith}":${id}}`);
    return memberOf(own, comparedWith) === undefined ? setMember(own, comparedWith, id) : undefined;
  },
};

function takesQuestion(model: string): boolean {
  const [, major, minor = '0'] = /^gpt-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return Number(major) > 5 || (Number(major) === 5 && Number(minor) >= 6);
}

/** The question names an answer of its own run and shapes no answer: parameters are told without it. */
export function withoutQuestion(params: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const own = params.get(options);
  if (!isRecord(own) || !(comparedWith in own)) return params;
  const { [comparedWith]: _question, ...rest } = own;
  const others = new Map(params);
  if (Object.keys(rest).length === 0) others.delete(options);
  else others.set(options, rest);
  return others;
}
