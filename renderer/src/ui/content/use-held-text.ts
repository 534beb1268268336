import { useState } from 'react';
import type { CutText } from '../../../../shared/model/text-place.ts';
import { messageOf } from '../../lib/error-message.ts';
import { useReading } from './reading-context.ts';

/** A text of which more can be had. */
export interface HeldText {
  readonly text: string;
  /** Characters in all. */
  readonly length: number;
  /** Resolves when at least so many characters are held; pieces that are asked for already are not asked for again. */
  readonly hold: (characters: number) => void;
  readonly isLoading: boolean;
  /** Why more could not be read. */
  readonly problem: string | undefined;
}

/** What was sent of a text, and more of it as it is asked for. */
export function useHeldText(sent: string, cut: CutText | undefined): HeldText {
  const { reader } = useReading();
  const [more, setMore] = useState({ of: sent, text: '' });
  const [state, setState] = useState<{ readonly isLoading: boolean; readonly problem?: string }>({ isLoading: false });
  const text = more.of === sent ? sent + more.text : sent;
  const length = cut?.length ?? text.length;
  const hold = (characters: number) => {
    const to = Math.min(characters, length);
    if (cut === undefined || reader === undefined || state.isLoading || to <= text.length) return;
    setState({ isLoading: true });
    reader.text(cut.place, text.length, to).then(
      (piece) => {
        setMore({ of: sent, text: text.slice(sent.length) + piece });
        setState({ isLoading: false });
      },
      (error: unknown) => setState({ isLoading: false, problem: messageOf(error) }),
    );
  };
  return { text, length, hold, isLoading: state.isLoading, problem: state.problem };
}
