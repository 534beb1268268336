/** For LIKE … ESCAPE '\': the text as it is, anywhere in a value. */
export const likeAnywhere = (text: string): string => `%${escaped(text)}%`;

/** For LIKE … ESCAPE '\': a whole value, in which `*` stands for any characters. */
export const likePattern = (pattern: string): string => escaped(pattern).replaceAll('*', '%');

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
