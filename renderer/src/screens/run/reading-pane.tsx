import { useCallback, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { z } from 'zod';
import type { TextFinder } from '../../../../shared/model/find-text.ts';
import { storedValue } from '../../lib/stored-value.ts';
import type { StoredValue } from '../../lib/stored-value.ts';
import { backend } from '../../session/backend-client.ts';
import { windowBridge } from '../../session/globals.ts';
import { contentModes, ReadingContext } from '../../ui/content/reading-context.ts';
import type { ContentMode, Reading } from '../../ui/content/reading-context.ts';
import { Select } from '../../ui/select.tsx';

/** Panes that show contents; each remembers how. */
export type ReadingPaneName = 'conversation' | 'inspector';

const stored: Readonly<Record<ReadingPaneName, StoredValue<ContentMode>>> = {
  conversation: storedValue<ContentMode>('retake.reading.conversation', z.enum(contentModes), 'auto'),
  inspector: storedValue<ContentMode>('retake.reading.inspector', z.enum(contentModes), 'auto'),
};

export interface PaneMode {
  readonly mode: ContentMode;
  readonly setMode: (mode: ContentMode) => void;
  /** The next way of showing contents; after the last comes the first. */
  readonly nextMode: () => void;
}

export function usePaneMode(pane: ReadingPaneName): PaneMode {
  const [mode, setModeState] = useState(() => stored[pane].read());
  const setMode = useCallback(
    (next: ContentMode) => {
      stored[pane].write(next);
      setModeState(next);
    },
    [pane],
  );
  const nextMode = useCallback(
    () => setMode(contentModes[(contentModes.indexOf(mode) + 1) % contentModes.length] ?? 'auto'),
    [mode, setMode],
  );
  return useMemo(() => ({ mode, setMode, nextMode }), [mode, setMode, nextMode]);
}

const modeWords: Readonly<Record<ContentMode, string>> = {
  auto: 'Auto',
  text: 'Text',
  markdown: 'Markdown',
  json: 'JSON',
  raw: 'Raw',
};

/** How the contents of a pane are shown. */
export function ModeSelect({ pane, mode, setMode }: PaneMode & { readonly pane: ReadingPaneName }) {
  return (
    <Select
      look="quiet"
      label={`Contents of the ${pane} as`}
      value={mode}
      onChange={setMode}
      options={contentModes.map((value) => ({ value, label: modeWords[value] }))}
    />
  );
}

/** Contents within are of that step: what is not here of them yet can be read. */
export function StepReading({
  runId,
  index,
  mode,
  find,
  children,
}: {
  readonly runId: string;
  readonly index: number;
  readonly mode: ContentMode;
  readonly find?: TextFinder | undefined;
  readonly children: ReactNode;
}) {
  const reading = useMemo(
    (): Reading => ({
      mode,
      find,
      reader: {
        text: async (place, from, to) => (await backend.steps.text({ runId, index, place, from, to })).text,
        json: (place, at, most, from) => backend.steps.json({ runId, index, place, at, most, from }),
      },
      // The desktop window opens nothing outside of itself: there an address can be copied.
      openAddress:
        windowBridge() === undefined
          ? (address) => void window.open(address, '_blank', 'noopener,noreferrer')
          : undefined,
    }),
    [runId, index, mode, find],
  );
  return <ReadingContext value={reading}>{children}</ReadingContext>;
}
