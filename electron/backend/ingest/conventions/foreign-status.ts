import type { Notice } from '../../../../shared/model/run.ts';
import type { SpanView } from '../../telemetry/span-view.ts';

/**
 * Once a step of a trace has failed, OpenInference's processor for the AI SDK gives that failure to every span that ends after it and has no status
 * (openinference-vercel 3.2 under OpenTelemetry's SDK 2, where each span looks like a root to it). The AI SDK itself records the exception with
 * the status of a step that failed.
 */
export function withOwnStatus(view: SpanView): SpanView {
  const isForeign =
    view.statusCode === 2 &&
    view.statusMessage !== '' &&
    (view.scopeName === 'gen_ai' || view.scopeName === 'ai') &&
    view.attributes.has('openinference.span.kind') &&
    !view.attributes.has('error.type') &&
    !view.events.some(({ name }) => name === 'exception');
  return isForeign ? { ...view, statusCode: 0, statusMessage: '' } : view;
}

export const foreignStatus: Notice = {
  code: 'status-of-another',
  message: 'OpenInference gave this step the failure of an earlier one, which is not its own: it is shown without.',
};
