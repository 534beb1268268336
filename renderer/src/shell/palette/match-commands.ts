import type { CommandInfo } from '../../../../shared/commands.ts';

/**
 * Commands whose title or group holds every word of the query, best first: title starts with it, a word of the title
 * does, anywhere in the title, only in the group. An empty query keeps all, in their order.
 */
export function matchCommands(commands: readonly CommandInfo[], query: string): readonly CommandInfo[] {
  const words = query
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return commands;
  return commands
    .map((command, order) => ({ command, order, rank: rankOf(command, words) }))
    .filter(({ rank }) => rank !== undefined)
    .toSorted((left, right) => (left.rank ?? 0) - (right.rank ?? 0) || left.order - right.order)
    .map(({ command }) => command);
}

/** True when a word of the command's title begins like the query: then the command is what is meant, before any text. */
export function isMeant(command: CommandInfo, query: string): boolean {
  const rank = rankOf(command, query.trim().toLowerCase().split(/\s+/));
  return rank !== undefined && rank <= 1;
}

function rankOf(command: CommandInfo, words: readonly string[]): number | undefined {
  const title = command.title.toLowerCase();
  const group = command.group.toLowerCase();
  let worst = 0;
  for (const [index, word] of words.entries()) {
    const rank =
      index === 0 && title.startsWith(word)
        ? 0
        : wordStarts(title, word)
          ? 1
          : title.includes(word)
            ? 2
            : group.includes(word)
              ? 3
              : undefined;
    if (rank === undefined) return undefined;
    worst = Math.max(worst, rank);
  }
  return worst;
}

function wordStarts(title: string, word: string): boolean {
  return title.split(/[^\p{L}\p{N}]+/u).some((one) => one.startsWith(word));
}
