interface Ranked {
  readonly label: string;
  readonly hint: string;
  readonly unread: number;
}

/** The targets that go with what was typed, best first; of equals the one with more unread. */
export function rankTargets<Item extends Ranked>(targets: readonly Item[], query: string): readonly Item[] {
  const wanted = query.trim().toLocaleLowerCase().replace(/^[#@]/, '');
  return targets
    .map((target) => ({ target, rank: rankOf(target, wanted) }))
    .filter(({ rank }) => rank < NO_RANK)
    .sort(
      (a, b) => a.rank - b.rank || b.target.unread - a.target.unread || a.target.label.localeCompare(b.target.label),
    )
    .map(({ target }) => target);
}

const NO_RANK = 5;

function rankOf({ label, hint }: Ranked, wanted: string): number {
  const name = label.toLocaleLowerCase();
  if (wanted === '' || name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  if (name.split(/[\s._-]+/).some((word) => word.startsWith(wanted))) return 2;
  if (hint.toLocaleLowerCase().startsWith(`@${wanted}`)) return 2;
  if (name.includes(wanted)) return 3;
  return isSubsequence(wanted, name) ? 4 : NO_RANK;
}

/** `gnrl` finds `general`. */
function isSubsequence(wanted: string, name: string): boolean {
  let at = 0;
  for (const letter of name) if (letter === wanted[at]) at += 1;
  return at === wanted.length;
}
