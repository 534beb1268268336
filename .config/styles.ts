/** What the style sheets of the window agree on, and how a rule that breaks it is to be written. */
export interface StyleRule {
  /** Tried on each declaration, as `property: value`. */
  readonly pattern: RegExp;
  /** Modules that hold the one rule there is. */
  readonly home: readonly string[];
  readonly use: string;
}

const spacing = /^(?:padding|margin|gap|row-gap|column-gap)[a-z-]*: .*\dpx/;

export const styleRules: readonly StyleRule[] = [
  {
    pattern: /^text-overflow:/,
    home: ['ui/composed.css'],
    use: '`composes: truncate from global;` (ui/composed.css), or the class `truncate`',
  },
  {
    pattern: /^font-family: var\(--font-mono\)/,
    home: ['ui/composed.css', 'ui/base.css'],
    use: '`composes: mono from global;` (ui/composed.css)',
  },
  { pattern: spacing, home: ['ui/base.css'], use: 'a step of the scale, `--space-1` (2px) and on (ui/tokens.css)' },
  {
    pattern: /^border(?:-top|-right|-bottom|-left)?: 1px solid (?:var\(--line(?:-strong)?\)|transparent)/,
    home: ['ui/tokens.css'],
    use: '`var(--border)`, `var(--border-strong)` or `var(--border-clear)` (ui/tokens.css)',
  },
  {
    pattern: /^border-[a-z-]*radius: .*\dpx/,
    home: [],
    use: '`var(--radius)` or one of its kin (ui/tokens.css)',
  },
  { pattern: /^outline: 2px solid/, home: [], use: '`var(--focus-ring)` (ui/tokens.css)' },
  {
    pattern: /^text-underline-offset:/,
    home: ['ui/link.module.css'],
    use: '`LinkButton` of ui/link.tsx',
  },
];

/** One of a kind, each with its reason: path below renderer/src and the declaration. */
export const exceptions: ReadonlyMap<string, string> = new Map([
  ['screens/compare/compare-grid.module.css padding-left: 26px', 'under the name: past the number and the gap'],
  ['screens/run/rerun/changes.module.css padding-left: 100px', 'past the column of labels'],
  [
    'screens/run/run-header.module.css padding: var(--space-1) var(--space-8) var(--space-5) 36px',
    'under the text of the line above, past its mark',
  ],
  [
    'screens/run/take/hold-panel.module.css padding: var(--space-2) var(--space-8) var(--space-4) 41px',
    'under the title, past its mark',
  ],
  [
    'screens/run/take/hold-panel.module.css padding: var(--space-2) var(--space-8) var(--space-5) 41px',
    'under the title, past its mark',
  ],
  ['screens/run/take/hold-panel.module.css padding: 1px var(--space-2)', 'a piece of code within a line'],
  ['screens/runs/runs-table.module.css padding: 0 44px', 'past the column of marks'],
  ['screens/settings/settings-screen.module.css padding: var(--space-12) var(--space-14) 48px', 'the end of a page'],
  ['shell/frame/title-bar.module.css padding-left: 86px', 'room for the window buttons of a Mac'],
  ['shell/imports/drop-and-paste.module.css padding: 36px 56px', 'the drop zone'],
  ['shell/palette/palette.module.css margin: 0 1px', 'between key caps of one key'],
  ['screens/record/record-dialog.module.css font-family: var(--font-mono)', 'an input inside a text field'],
  ['screens/settings/rerun/rerun-settings.module.css font-family: var(--font-mono)', 'an input inside a text field'],
  ['ui/text-editor.module.css font-family: var(--font-mono)', 'the text and the marks that lie under it'],
]);

export interface StyleFault {
  readonly path: string;
  readonly declaration: string;
  readonly use: string;
}

const comments = /\/\*[\s\S]*?\*\//g;
const declarations = /(?<=[{;]\s*)([\w-]+):\s*([^;{}]+)(?=[;}])/g;

/** `path` is below renderer/src. */
export function styleFaults(path: string, css: string): readonly StyleFault[] {
  const found: StyleFault[] = [];
  for (const [, property, value] of css.replaceAll(comments, '').matchAll(declarations)) {
    const declaration = `${property}: ${value?.trim().replaceAll(/\s+/g, ' ')}`;
    for (const { pattern, home, use } of styleRules)
      if (pattern.test(declaration) && !home.includes(path)) found.push({ path, declaration, use });
  }
  return found;
}
