import type { UserView } from '@parley/protocol';

type Named = Pick<UserView, 'username' | 'displayName'> & Partial<Pick<UserView, 'kind'>>;

/** People whose name or user name goes with what was typed, best first; programs come after people. */
export function rankPeople<Person extends Named>(people: readonly Person[], query: string): readonly Person[] {
  const wanted = query.toLowerCase();
  return people
    .map((person) => ({ person, rank: rankOf(person, wanted) }))
    .filter(({ rank }) => rank < NO_RANK)
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        Number(isBot(a.person)) - Number(isBot(b.person)) ||
        a.person.displayName.localeCompare(b.person.displayName),
    )
    .map(({ person }) => person);
}

export function isBot({ kind }: Partial<Pick<UserView, 'kind'>>): boolean {
  return kind === 'bot';
}

const NO_RANK = 4;

function rankOf({ username, displayName }: Named, wanted: string): number {
  const name = displayName.toLowerCase();
  if (wanted === '' || username === wanted) return 0;
  if (username.startsWith(wanted) || name.startsWith(wanted)) return 1;
  if (name.split(/[\s._-]+/).some((word) => word.startsWith(wanted))) return 2;
  return username.includes(wanted) || name.includes(wanted) ? 3 : NO_RANK;
}
