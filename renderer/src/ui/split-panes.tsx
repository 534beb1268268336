import { useMemo } from 'react';
import type { ReactNode, RefObject } from 'react';
import { Group, Panel, Separator, usePanelRef } from 'react-resizable-panels';
import type { PanelImperativeHandle } from 'react-resizable-panels';
import { z } from 'zod';
import { classNames } from '../lib/class-names.ts';
import { storedValue } from '../lib/stored-value.ts';
import styles from './split-panes.module.css';

/** Opens, closes and resizes a pane from code, e.g. from a command. */
export type PaneHandle = RefObject<PanelImperativeHandle | null>;
export const usePaneHandle: () => PaneHandle = usePanelRef;

/** The next change of a layout is one that the reader asked for by a command: the panes tell only dragging from the rest. */
let isAskedFor = false;

/** Closes an open pane, opens a closed one; it stays so. */
export function togglePane(pane: PaneHandle): void {
  isAskedFor = pane.current !== null;
  if (pane.current?.isCollapsed() === true) pane.current.expand();
  else pane.current?.collapse();
}

export interface Pane {
  readonly id: string;
  /** Pixels (a number) or percent (`"40%"`). At least one pane has no default size and takes the rest. */
  readonly defaultSize?: number | string;
  readonly minSize?: number | string;
  readonly maxSize?: number | string;
  /** Keeps its pixels, not its share, when the window is resized. */
  readonly keepPixels?: boolean;
  /** Can be closed: by dragging it to nothing, Enter on its separator, or `handle`. */
  readonly collapsible?: boolean;
  readonly handle?: PaneHandle;
  readonly onResize?: (pixels: number) => void;
  readonly content: ReactNode;
}

export interface SplitPanesProps {
  /** Under this name the sizes are remembered. */
  readonly name: string;
  readonly direction?: 'horizontal' | 'vertical';
  readonly panes: readonly Pane[];
  readonly className?: string | undefined;
}

const layoutSchema = z.record(z.string().max(100), z.number().min(0).max(100));

/** Panes side by side (or one over the other) with separators: draggable, and movable with the arrow keys when focused. */
export function SplitPanes({ name, direction = 'horizontal', panes, className }: SplitPanesProps) {
  const stored = useMemo(
    () =>
      storedValue<Readonly<Record<string, number>> | undefined>(
        `retake.panes.${name}`,
        layoutSchema.optional(),
        undefined,
      ),
    [name],
  );
  const remembered = stored.read();
  const fits =
    remembered !== undefined &&
    panes.every((pane) => remembered[pane.id] !== undefined) &&
    Object.keys(remembered).length === panes.length;

  return (
    <Group
      id={name}
      orientation={direction}
      className={classNames(styles.group, className)}
      {...(fits ? { defaultLayout: { ...remembered } } : {})}
      onLayoutChanged={(layout, meta) => {
        if (meta.isUserInteraction || isAskedFor) stored.write(layout);
        isAskedFor = false;
      }}
    >
      {panes.flatMap((pane, index) => [
        ...(index === 0
          ? []
          : [
              <Separator
                key={`before ${pane.id}`}
                id={`${name}-${pane.id}-separator`}
                aria-label={`Resize ${pane.id}`}
                className={classNames(styles.separator, styles[direction])}
              />,
            ]),
        <Panel
          key={pane.id}
          id={pane.id}
          className={styles.pane}
          defaultSize={pane.defaultSize}
          minSize={pane.minSize}
          maxSize={pane.maxSize}
          collapsible={pane.collapsible}
          groupResizeBehavior={pane.keepPixels === true ? 'preserve-pixel-size' : 'preserve-relative-size'}
          {...(pane.handle === undefined ? {} : { panelRef: pane.handle })}
          onResize={(size) => pane.onResize?.(size.inPixels)}
        >
          {pane.content}
        </Panel>,
      ])}
    </Group>
  );
}
