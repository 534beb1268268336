/** Goes on from the checkpoint that Retake's request names; undefined (and exit code 64) where it is not found. `graph`: compiled with a checkpointer. */
export declare function rerun(
  graph: unknown,
  options?: { readonly threadId?: string; readonly messagesKey?: string; readonly config?: object },
): Promise<unknown>;
