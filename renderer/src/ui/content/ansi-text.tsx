import Anser from 'anser';
import { useMemo } from 'react';
import { classNames } from '../../lib/class-names.ts';
import { withoutControls } from './terminal-text.ts';
import styles from './content.module.css';

/** The eight colours of a terminal in our own, which can be read on both grounds. */
const colours: Readonly<Record<string, string | undefined>> = {
  black: styles.ansiDim,
  red: styles.ansiRed,
  green: styles.ansiGreen,
  yellow: styles.ansiYellow,
  blue: styles.ansiBlue,
  magenta: styles.ansiMagenta,
  cyan: styles.ansiCyan,
  white: styles.ansiPlain,
};

/** What a terminal would have shown: colours and weights of a command's output. */
export function AnsiText({ text }: { readonly text: string }) {
  const pieces = useMemo(
    () => Anser.ansiToJson(withoutControls(text), { json: true, use_classes: true, remove_empty: true }),
    [text],
  );
  return pieces.map((piece, at) => {
    const { decorations } = piece;
    const reversed = decorations.includes('reverse') || piece.bg !== null;
    const className = classNames(
      colourOf(piece.fg, piece.fg_truecolor) ??
        (piece.fg === null ? colourOf(piece.bg, piece.bg_truecolor) : undefined),
      reversed && styles.ansiReversed,
      decorations.includes('bold') && styles.ansiBold,
      decorations.includes('dim') && styles.ansiDim,
      decorations.includes('italic') && styles.ansiItalic,
      decorations.includes('underline') && styles.ansiUnderline,
      decorations.includes('strikethrough') && styles.ansiStruck,
    );
    return className === undefined || className === '' ? (
      piece.content
    ) : (
      <span key={at} className={className}>
        {piece.content}
      </span>
    );
  });
}

function colourOf(name: string | null, trueColour: string | null): string | undefined {
  if (name === null) return undefined;
  const basic = colours[name.replace(/^ansi-(bright-)?/, '')];
  if (basic !== undefined) return basic;
  const palette = /^ansi-palette-(\d{1,3})$/.exec(name)?.[1];
  if (palette !== undefined) return nearest(paletteColour(Number(palette)));
  const parts = (trueColour ?? '').split(',').map(Number);
  return parts.length === 3 ? nearest(parts) : undefined;
}

/** Colour 16 to 255 of the 256: a cube of six steps a side, then greys. */
function paletteColour(number: number): readonly number[] {
  if (number >= 232) return [0, 1, 2].map(() => 8 + (number - 232) * 10);
  const inCube = number - 16;
  return [Math.floor(inCube / 36), Math.floor(inCube / 6) % 6, inCube % 6].map((step) => step * 51);
}

/** By hue. Each colour of a terminal becomes the one of ours that is closest to it. */
function nearest([red = 0, green = 0, blue = 0]: readonly number[]): string | undefined {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  if (most - least < 30) return most < 140 ? styles.ansiDim : styles.ansiPlain;
  const isHigh = (value: number) => value - least > (most - least) / 2;
  const key = `${isHigh(red) ? 'r' : ''}${isHigh(green) ? 'g' : ''}${isHigh(blue) ? 'b' : ''}`;
  const byHue: Readonly<Record<string, string | undefined>> = {
    r: styles.ansiRed,
    g: styles.ansiGreen,
    b: styles.ansiBlue,
    rg: styles.ansiYellow,
    rb: styles.ansiMagenta,
    gb: styles.ansiCyan,
  };
  return byHue[key];
}
