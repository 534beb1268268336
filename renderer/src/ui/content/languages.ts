/** Names and endings by which a language is known here, to the name that the highlighter has for it. */
const names: ReadonlyMap<string, string> = new Map(
  Object.entries({
    bash: ['sh', 'shell', 'zsh', 'console', 'bash'],
    c: ['c', 'h'],
    cpp: ['cpp', 'cc', 'hpp', 'cxx', 'c++'],
    csharp: ['cs', 'csharp', 'c#'],
    css: ['css', 'scss', 'less'],
    diff: ['diff', 'patch'],
    go: ['go', 'golang'],
    ini: ['ini', 'toml', 'conf', 'cfg', 'env'],
    java: ['java'],
    javascript: ['js', 'mjs', 'cjs', 'jsx', 'javascript'],
    json: ['json', 'jsonc', 'jsonl'],
    kotlin: ['kt', 'kts', 'kotlin'],
    markdown: ['md', 'markdown'],
    php: ['php'],
    python: ['py', 'python', 'pyi'],
    ruby: ['rb', 'ruby'],
    rust: ['rs', 'rust'],
    sql: ['sql'],
    swift: ['swift'],
    typescript: ['ts', 'tsx', 'mts', 'cts', 'typescript'],
    xml: ['xml', 'html', 'htm', 'svg', 'vue'],
    yaml: ['yaml', 'yml'],
  }).flatMap(([language, known]) => known.map((name) => [name, language] as const)),
);

/** The language of a fence's word or of a file's name; undefined: text. */
export function languageOf(nameOrPath: string | undefined): string | undefined {
  if (nameOrPath === undefined) return undefined;
  const ending =
    nameOrPath
      .toLowerCase()
      .slice(-60)
      .split(/[./\\]/)
      .at(-1) ?? '';
  return names.get(ending);
}
