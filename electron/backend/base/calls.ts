import type { PromisifyFn } from 'birpc';

/** The functions of a thread, seen from another. */
export type Calls<Functions> = { readonly [Name in keyof Functions]: PromisifyFn<Functions[Name]> };
