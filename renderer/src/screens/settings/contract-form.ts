import type { Contract } from '../../../../shared/model/cost.ts';
import { percentMistake } from '../../lib/price-mistakes.ts';
import { isDay } from './price-form.ts';

/** A contract as it is typed. */
export interface ContractDraft {
  readonly provider: string;
  readonly model: string;
  /** Percent off the list; below 0: on top of it. */
  readonly percentOff: string;
  readonly from: string;
  readonly until: string;
}
export type ContractErrors = Readonly<Partial<Record<keyof ContractDraft, string>>>;

export const emptyContract: ContractDraft = { provider: '', model: '', percentOff: '', from: '', until: '' };

export function contractDraftOf(contract: Contract): ContractDraft {
  return {
    provider: contract.provider,
    model: contract.model ?? '',
    percentOff: String(contract.percentOff),
    from: contract.from ?? '',
    until: contract.until ?? '',
  };
}

export function readContract(
  draft: ContractDraft,
): { readonly contract: Contract; readonly doubts: ContractErrors } | { readonly errors: ContractErrors } {
  const errors: { -readonly [Field in keyof ContractDraft]?: string } = {};
  const provider = draft.provider.trim();
  if (provider === '') errors.provider = 'Needed: whose prices, as the client names it.';
  const typed = draft.percentOff.trim().replace(/\s*%$/, '').replace(',', '.').replace('−', '-');
  const percentOff = Number(typed);
  if (typed === '' || !Number.isFinite(percentOff) || percentOff > 100 || percentOff < -900)
    errors.percentOff = 'Percent off the list, up to 100; below 0 for what is added to it.';
  const [from, until] = [draft.from.trim(), draft.until.trim()];
  if (from !== '' && !isDay(from)) errors.from = 'A day, like 2026-11-24.';
  if (until !== '' && !isDay(until)) errors.until = 'A day, like 2026-11-24.';
  else if (from !== '' && until !== '' && until < from) errors.until = 'A day after the first one.';
  if (Object.keys(errors).length > 0) return { errors };
  const model = draft.model.trim();
  const mistake = percentMistake(percentOff);
  return {
    contract: {
      provider,
      percentOff,
      ...(model === '' ? {} : { model }),
      ...(from === '' ? {} : { from }),
      ...(until === '' ? {} : { until }),
    },
    doubts: mistake === undefined ? {} : { percentOff: mistake },
  };
}
