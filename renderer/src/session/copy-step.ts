import { placesOf, wholeRedaction } from '../../../shared/model/redaction.ts';
import { labelOfLanguage } from '../../../shared/model/snippet.ts';
import type { Snippet, SnippetLanguage } from '../../../shared/model/snippet.ts';
import { messageOf } from '../lib/error-message.ts';
import { formatQuantity } from '../lib/format.ts';
import { showToast } from '../lib/toasts.ts';
import { backend } from './backend-client.ts';
import { whileWorking } from './work-in-progress.ts';

interface CopyRequest {
  readonly runId: string;
  readonly index: number;
  readonly language: SnippetLanguage;
  /** Without names in the place of what is private. */
  readonly asItIs?: boolean;
}

/** A model call as a program on the clipboard. What is private has names in it, unless it is asked for as it is. */
export async function copyStep(request: CopyRequest): Promise<void> {
  try {
    await put(request, await whileWorking('copy', readSnippet(request)));
  } catch (error) {
    showToast({ title: 'The step was not copied', text: messageOf(error), tone: 'error' });
  }
}

async function readSnippet({ runId, index, language, asItIs = false }: CopyRequest): Promise<Snippet> {
  const redaction = asItIs ? {} : { redaction: wholeRedaction((await backend.settings.get()).sharing) };
  for await (const next of await backend.steps.snippet({ runId, index, language, ...redaction }))
    if (next.type === 'snippet') return next.snippet;
  throw new Error('The run was not looked through to its end.');
}

async function put(request: CopyRequest, snippet: Snippet): Promise<void> {
  const label = labelOfLanguage(request.language);
  try {
    await navigator.clipboard.writeText(snippet.text);
  } catch {
    // A window writes to the clipboard for a few seconds after a press only, and a long run takes longer.
    showToast({
      title: `Ready as ${label}`,
      text: 'It took longer than this window may write to the clipboard by itself.',
      isLong: true,
      action: { label: 'Copy', run: () => void put(request, snippet) },
    });
    return;
  }
  const count = placesOf(snippet.replaced ?? {});
  showToast({
    title: `Copied as ${label}`,
    text: wordsOf(snippet, count, request.asItIs === true),
    isLong: count > 0,
    ...(count === 0
      ? {}
      : { action: { label: 'Copy it as it is', run: () => void copyStep({ ...request, asItIs: true }) } }),
  });
}

function wordsOf({ from, leftOut }: Snippet, count: number, asItIs: boolean): string {
  return [
    from === 'recording' ? 'The request as it was sent.' : 'Put together from the trace.',
    ...(asItIs ? ['What is private stands in it as it is.'] : []),
    ...(count === 0 ? [] : [`Names stand in ${formatQuantity(count, 'place')} for what is private.`]),
    ...(leftOut === 0 ? [] : [`${formatQuantity(leftOut, 'image or file', 'images or files')} left out.`]),
  ].join(' ');
}
