import { z } from 'zod';
import { redactionKinds } from './redaction.ts';

/** What a copied call is written in. */
export const snippetLanguages = [
  { language: 'curl', label: 'curl' },
  { language: 'python', label: 'Python' },
  { language: 'typescript', label: 'TypeScript' },
] as const;
export const snippetLanguageSchema = z.enum(snippetLanguages.map(({ language }) => language));
export type SnippetLanguage = z.infer<typeof snippetLanguageSchema>;

export function labelOfLanguage(language: SnippetLanguage): string {
  return snippetLanguages.find((one) => one.language === language)?.label ?? language;
}

/** A model call that runs by itself: the key comes from the environment, and nothing of it is in the text. */
export const snippetSchema = z.object({
  text: z.string(),
  /** Whether it is the request as it was sent, or one that was put together from what the trace tells. */
  from: z.enum(['recording', 'trace']),
  /** What somebody who runs it should know: they stand in the text as comments too. */
  notes: z.array(z.string()),
  /** How many places of each kind have names in their place; absent where nothing was to be replaced. */
  replaced: z.partialRecord(z.enum(redactionKinds.map(({ kind }) => kind)), z.number()).optional(),
  /** Images and files that names stand for. */
  leftOut: z.number(),
});
export type Snippet = z.infer<typeof snippetSchema>;
