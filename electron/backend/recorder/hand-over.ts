import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/fetch';
import type { ContractRouterClient } from '@orpc/contract';
import type { recorderContract, Shown } from './recorder-contract.ts';
import { readEntry } from './recorder-entry.ts';

const patienceMs = 5_000;

/**
 * Gives files (absolute paths) and a place to the Retake that shows this library, and tells where that is; undefined where none runs
 * or none shows it. For a second start: one program per library, whatever it was started with.
 */
export async function handOver(
  libraryDirectory: string,
  targets: { readonly paths: readonly string[]; readonly hash?: string | undefined },
): Promise<Exclude<Shown, { readonly by: 'nobody' }> | undefined> {
  const entry = await readEntry(libraryDirectory);
  if (entry === undefined) return undefined;
  const client: ContractRouterClient<typeof recorderContract> = createORPCClient(
    new RPCLink({ url: `${entry.url}/rpc`, headers: { authorization: `Bearer ${entry.token}` } }),
  );
  try {
    const shown = await client.show(
      { paths: [...targets.paths], ...(targets.hash === undefined ? {} : { hash: targets.hash }) },
      { signal: AbortSignal.timeout(patienceMs) },
    );
    return shown.by === 'nobody' ? undefined : shown;
  } catch {
    // Left by one that was killed, or of an older Retake: this one starts as if it were not there.
    return undefined;
  }
}
