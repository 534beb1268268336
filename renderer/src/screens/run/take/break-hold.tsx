import { useEffect, useMemo, useRef } from 'react';
import type { Message } from '../../../../../shared/model/message.ts';
import type { ForkItem, Hold } from '../../../../../shared/model/take.ts';
import { formatQuantity } from '../../../lib/format.ts';
import { MessageCard } from '../../../ui/message-card.tsx';
import styles from './hold-panel.module.css';

/** A call that a condition holds: why, what it is, and its messages, the last ones in view. */
export function BreakHold({ at }: { readonly at: NonNullable<Hold['break']> }) {
  const scroll = useRef<HTMLDivElement>(null);
  const { held, from, model, characters, tools, items, itemsBefore } = at;
  const [system] = items;
  const firstMessage = system?.item === 'system' ? 1 : 0;
  const calls = useMemo(
    () =>
      new Map(
        items.flatMap(({ toolCalls }) =>
          toolCalls.flatMap(({ id, name }) => (id === undefined ? [] : [[id, { name }] as const])),
        ),
      ),
    [items],
  );
  useEffect(() => {
    scroll.current?.scrollTo({ top: scroll.current.scrollHeight });
  }, []);
  return (
    <>
      {held.length > 1 && (
        <ul className={styles.reasons} aria-label="Conditions that hold it">
          {held.map(({ reason }) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      <p className={styles.quiet}>
        {from === 'recording' ? 'the recorded answer is ready' : 'nothing was sent'} · {model} ·{' '}
        {formatQuantity(characters, 'character')} · {formatQuantity(tools, 'tool')}
      </p>
      <div ref={scroll} className={styles.messages} tabIndex={0} role="group" aria-label="The request’s messages">
        {items.map((item, index) => (
          <div key={item.item} className={styles.message}>
            {index === firstMessage && itemsBefore > 0 && (
              <p className={styles.quiet}>
                {formatQuantity(itemsBefore, 'earlier message')}, not shown here: they are in the JSON
              </p>
            )}
            <MessageCard message={messageOf(item)} calls={calls} lines={40} note={noteOf(item)} />
          </div>
        ))}
      </div>
    </>
  );
}

function messageOf({ role, texts, toolCalls, toolResults }: ForkItem): Message {
  return {
    role,
    parts: [
      ...texts.map(({ text }) => ({ type: 'text' as const, text })),
      ...toolCalls.map((call) => ({ type: 'tool_call' as const, ...call })),
      ...toolResults.map(({ callId, name, text, isError }) => ({
        type: 'tool_result' as const,
        result: text,
        ...(callId === undefined ? {} : { id: callId }),
        ...(name === undefined ? {} : { name }),
        ...(isError === undefined ? {} : { isError }),
      })),
    ],
  };
}

/** What is left out here stands in the JSON. */
function noteOf({ texts, toolResults, others }: ForkItem): string | undefined {
  const cut = [...texts, ...toolResults].reduce((sum, { text, length }) => sum + length - text.length, 0);
  return (
    [...others, ...(cut > 0 ? [`${formatQuantity(cut, 'more character')} in the JSON`] : [])].join(' · ') || undefined
  );
}
