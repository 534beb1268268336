import type { RedactionRequest } from '../../../../shared/contract.ts';
import { mostRedactionPlaces } from '../../../../shared/model/redaction.ts';
import type { RedactionKind, RedactionPlace, RedactionReport } from '../../../../shared/model/redaction.ts';
import { stepsOf } from '../../library/queries/steps.ts';
import { spansOf } from '../../library/queries/telemetry.ts';
import type { LibraryReader } from '../../library/reader.ts';
import { visitLog, visitSpan } from '../../redaction/redact-telemetry.ts';
import type { TextVisitor } from '../../redaction/redact-telemetry.ts';
import type { Hit, Redactor } from '../../redaction/redactor.ts';
import { learnTakeTree, logsToHandOn, runsToHandOn } from './handed-on.ts';

/** What stands around a hit, so that a reader can judge it. */
const around = 160;

/** Goes through all that would be handed on. Yields between spans, as that can take long. */
export function* reportRedaction(
  reader: LibraryReader,
  { runId, redaction, takes = false }: RedactionRequest,
): Generator<undefined, RedactionReport, void> {
  const redactor = yield* learnTakeTree(reader, runId, redaction);
  const runIds = runsToHandOn(reader, runId, takes);
  const tally = new Tally(redactor);
  for (const id of runIds) {
    const steps = new Map(stepsOf(reader, id).map(({ step }) => [step.spanSeq, step]));
    for (const { seq, span } of spansOf(reader, id)) {
      const step = steps.get(seq);
      visitSpan(span, tally.visitor({ runId: id, step: step?.index, stepName: step?.facts.name ?? span.name }));
      yield;
    }
    for (const log of logsToHandOn(reader, id)) {
      visitLog(log, tally.visitor({ runId: id, step: undefined, stepName: log.eventName }));
      yield;
    }
  }
  return tally.report(runIds);
}

type Where = Pick<RedactionPlace, 'runId' | 'step' | 'stepName'>;

class Tally {
  private readonly redactor: Redactor;
  private readonly found = new Map<RedactionKind, number>();
  private readonly places = new Map<string, RedactionPlace>();
  private readonly steps = new Set<string>();
  private notSearched = 0;
  private placesLeftOut = 0;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
  }

  visitor(where: Where): TextVisitor {
    return {
      text: (text, field) => this.look(text, field, where),
      bytes: () => void this.notSearched++,
    };
  }

  report(runIds: readonly string[]): RedactionReport {
    return {
      found: Object.fromEntries(this.found),
      notSearched: this.notSearched,
      steps: this.steps.size,
      runIds: [...runIds],
      places: [...this.places.values()],
      placesLeftOut: this.placesLeftOut,
    };
  }

  private look(text: string, field: string, where: Where): void {
    const hits = this.redactor.hits(text);
    if (hits.length === 0) return;
    for (const { counts } of hits)
      for (const [kind, count] of counts) {
        if (kind === 'unsearched') this.notSearched += count;
        else this.found.set(kind, (this.found.get(kind) ?? 0) + count);
      }
    const shown = hits.filter(({ kind }) => kind !== 'unsearched');
    if (shown.length === 0) return;
    if (where.step !== undefined) this.steps.add(`${where.runId} ${where.step}`);
    const stepName = this.redactor.apply(where.stepName);
    const pieces = piecesOf(text, shown);
    const key = JSON.stringify(pieces);
    if (this.places.has(key)) return;
    if (this.places.size >= mostRedactionPlaces) this.placesLeftOut++;
    else this.places.set(key, { ...where, stepName, field: this.redactor.apply(field), pieces });
  }
}

/** The hits of a text and what stands around them; `…` for what was cut. */
function piecesOf(text: string, hits: readonly Hit[]): RedactionPlace['pieces'] {
  const pieces: RedactionPlace['pieces'] = [];
  let at = 0;
  const between = (from: number, to: number, isLast: boolean): void => {
    const reach = isLast ? around : 2 * around;
    if (to - from <= reach) {
      if (to > from) pieces.push({ text: text.slice(from, to) });
      return;
    }
    const head = pieces.length === 0 ? '' : text.slice(from, from + around);
    const tail = isLast ? '' : text.slice(to - around, to);
    pieces.push({ text: `${head}…${tail}` });
  };
  for (const { start, end, kind, replacement, isKept } of hits) {
    if (kind === 'unsearched') continue;
    between(at, start, false);
    pieces.push({ text: text.slice(start, end), kind, ...(isKept ? {} : { replacement }) });
    at = end;
  }
  between(at, text.length, true);
  return pieces;
}
