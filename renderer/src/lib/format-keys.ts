/** Keys in the notation of shared/commands.ts as the words printed on key caps: one array a press. */
const names = new Map<string, string>([
  ['ArrowUp', '↑'],
  ['ArrowDown', '↓'],
  ['ArrowLeft', '←'],
  ['ArrowRight', '→'],
  ['Enter', '↵'],
  ['Escape', 'Esc'],
  [' ', 'Space'],
]);

function modifierName(modifier: string, isMac: boolean): string | undefined {
  switch (modifier) {
    case '$mod':
      return isMac ? '⌘' : 'Ctrl';
    case 'Shift':
      return isMac ? '⇧' : 'Shift';
    case 'Alt':
      return isMac ? '⌥' : 'Alt';
    case 'Control':
      return isMac ? '⌃' : 'Ctrl';
    case 'Meta':
      return isMac ? '⌘' : 'Meta';
    // `[Shift]`: only there because some keyboards need it to type the character itself.
    default:
      return undefined;
  }
}

export function formatKeys(keys: string, isMac: boolean): readonly (readonly string[])[] {
  return keys.split(' ').map((press) => {
    const parts = press.split('+');
    const key = parts.at(-1) ?? '';
    const modifiers = parts
      .slice(0, -1)
      .map((modifier) => modifierName(modifier, isMac))
      .filter((name) => name !== undefined);
    return [...modifiers, names.get(key) ?? (key.length === 1 ? key.toUpperCase() : key)];
  });
}

/** `⌘K`, `Ctrl K`, `G R` in one string, for tooltips and aria-keyshortcuts-like hints. */
export function keysText(keys: string, isMac: boolean): string {
  return formatKeys(keys, isMac)
    .map((press) => press.join(isMac ? '' : '+'))
    .join(' then ');
}

export function isMacPlatform(): boolean {
  return /mac/i.test(navigator.userAgent);
}
