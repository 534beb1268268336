/** Names under which the tools of coding agents take the same things,. */
export const pathKeys = [
  'file_path',
  'filePath',
  'path',
  'filepath',
  'absolute_path',
  'notebook_path',
  'target_file',
  'filename',
  'file',
] as const;

/** What an edit takes out. */
export const beforeKeys = ['old_string', 'old_str', 'oldText', 'oldString'] as const;
/** What it puts in its place. */
export const afterKeys = ['new_string', 'new_str', 'newText', 'newString', 'insert_text'] as const;
/** The whole text of a file that is written. */
export const contentKeys = ['content', 'file_text', 'contents'] as const;

/** Whether a text is a patch: Codex's own form, git's, or a unified one. */
export const isPatch = (text: string): boolean =>
  /^\s*(\*\*\* Begin Patch|diff --git |Index: |--- \S)/.test(text.slice(0, 200));
