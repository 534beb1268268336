import { createContext, useContext, useMemo } from 'react';
import type { TextFinder } from '../../../../shared/model/find-text.ts';
import type { JsonChildren } from '../../../../shared/model/json-outline.ts';
import type { TextPlace } from '../../../../shared/model/text-place.ts';

/** How the contents of a pane are shown: as what they are, or all in one way. */
export const contentModes = ['auto', 'text', 'markdown', 'json', 'raw'] as const;
export type ContentMode = (typeof contentModes)[number];

/** Reads on where only the beginning of a text was sent. */
export interface TextReader {
  readonly text: (place: TextPlace, from: number, to: number) => Promise<string>;
  readonly json: (place: TextPlace, at: number, most: number, from?: number) => Promise<JsonChildren>;
}

/** What contents need to know of the pane that they stand in. */
export interface Reading {
  readonly mode: ContentMode;
  /** What is being found: where it is folded away it is opened. */
  readonly find?: TextFinder | undefined;
  /** undefined: every text is whole. */
  readonly reader?: TextReader | undefined;
  /** Opens an address outside of the window, after the reader asked for it; undefined where that cannot be done. */
  readonly openAddress?: ((address: string) => void) | undefined;
}

const plain: Reading = { mode: 'auto' };

export const ReadingContext = createContext<Reading>(plain);
export const useReading = (): Reading => useContext(ReadingContext);

/** Whether a text holds what is being found. */
export function useIsFoundIn(text: string | undefined): boolean {
  const { find } = useReading();
  return useMemo(() => text !== undefined && find !== undefined && find(text, 1).length > 0, [text, find]);
}
