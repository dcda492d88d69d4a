export interface Emoji {
  readonly emoji: string;
  readonly group: number;
  /** As in `:tada:`; the first is the one that is shown. */
  readonly names: readonly string[];
  readonly label: string;
  readonly words: string;
}

let loading: Promise<readonly Emoji[]> | null = null;

/** All emoji, in the order of pickers. Loaded once, when somebody first wants one. */
export function loadEmoji(): Promise<readonly Emoji[]> {
  loading ??= import('virtual:emoji-data').then(
    ({ default: rows }) =>
      rows.map(([emoji, group, names, label, words]) => ({ emoji, group, names: names.split(' '), label, words })),
    (error: unknown) => {
      loading = null;
      throw error;
    },
  );
  return loading;
}

/** Finds emoji by name, best first: the whole name, its start, a word of it, then anything. */
export function findEmoji(all: readonly Emoji[], query: string, limit: number): readonly Emoji[] {
  const wanted = query.toLowerCase().replaceAll(/[\s_:]+/g, '_');
  if (wanted === '') return all.slice(0, limit);
  return all
    .map((emoji, order) => ({ emoji, order, rank: rankOf(emoji, wanted) }))
    .filter(({ rank }) => rank < NO_RANK)
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .slice(0, limit)
    .map(({ emoji }) => emoji);
}

const NO_RANK = 5;

function rankOf({ names, label, words }: Emoji, wanted: string): number {
  if (names.includes(wanted)) return 0;
  if (names.some((name) => name.startsWith(wanted))) return 1;
  const text = `_${label}`.toLowerCase().replaceAll(/[\s-]+/g, '_');
  if (text.includes(`_${wanted}`) || names.some((name) => name.includes(`_${wanted}`))) return 2;
  if (` ${words.toLowerCase()}`.includes(` ${wanted}`)) return 3;
  return names.some((name) => name.includes(wanted)) ? 4 : NO_RANK;
}
