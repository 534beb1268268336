import { isSameBreak } from '../../../../shared/model/break.ts';
import type { Break, BreakCondition } from '../../../../shared/model/break.ts';
import type { ExecutorServices } from '../executor-services.ts';

/** Agents whose conditions are kept; the one that was started longest ago is forgotten first. */
const agentsKept = 1_000;

/** The conditions that the settings keep for an agent, changed. Rejects where the settings cannot be written. */
export type KeepBreaks = (agent: string, change: (kept: readonly Break[]) => readonly Break[]) => Promise<void>;

export function createKeepBreaks(services: Pick<ExecutorServices, 'settings' | 'updateSettings'>): KeepBreaks {
  return async (agent, change) => {
    const kept = services.settings().breaks.find((one) => one.agent === agent)?.breaks ?? [];
    if (JSON.stringify(change(kept)) === JSON.stringify(kept)) return;
    await services.updateSettings((settings) => {
      const now = settings.breaks.find((one) => one.agent === agent)?.breaks ?? [];
      const breaks = [...change(now)];
      const others = settings.breaks.filter((one) => one.agent !== agent);
      return {
        ...settings,
        breaks: breaks.length === 0 ? others : [{ agent, breaks }, ...others].slice(0, agentsKept),
      };
    });
  };
}

/** The same list with these conditions off. */
export function switchedOff(breaks: readonly Break[], conditions: readonly BreakCondition[]): readonly Break[] {
  return breaks.map((one) =>
    conditions.some((condition) => isSameBreak(condition, one.condition)) ? { ...one, enabled: false } : one,
  );
}
