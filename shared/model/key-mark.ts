/** Stands where a key was: nothing that is kept or shown holds one. */
export const keyMark = '[key removed]';
