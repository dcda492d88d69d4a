/** A row of any table. Rows are never changed in place: a change is another row under the same key. */
export type Row = Readonly<Record<string, unknown>>;

export type TableName =
  | 'users'
  | 'channels'
  | 'channel_members'
  | 'channel_bans'
  | 'messages'
  /** The unique index on the messages' ids: it knows what is committed at once, whatever a statement sees. */
  | 'message_ids'
  | 'message_edits'
  | 'mentions'
  | 'reactions';

/** Where one row lives: its table and its primary key as text. */
export interface Place {
  readonly table: TableName;
  readonly key: string;
}

/** A key or the name of a group, from its parts. */
export function keyOf(...parts: readonly unknown[]): string {
  return parts.map(String).join(' ');
}

/** What the rows of each table are looked up by, besides their key. What groups a row is in never changes. */
const GROUPS: Readonly<Record<TableName, (row: Row) => readonly string[]>> = {
  users: () => [],
  channels: (row) => [keyOf('root', row.root_id)],
  channel_members: (row) => [keyOf('channel', row.channel_id), keyOf('user', row.user_id)],
  channel_bans: (row) => [keyOf('channel', row.channel_id)],
  messages: (row) => [
    keyOf('channel', row.channel_id),
    keyOf('root', row.root_id),
    keyOf('id', row.channel_id, row.id),
  ],
  message_ids: () => [],
  message_edits: (row) => [keyOf('message', row.channel_id, row.seq)],
  mentions: (row) => [keyOf('message', row.channel_id, row.seq), keyOf('user', row.channel_id, row.user_id)],
  reactions: (row) => [keyOf('message', row.channel_id, row.seq)],
};

export const groupsOf = (table: TableName, row: Row): readonly string[] => GROUPS[table](row);

export const placeText = ({ table, key }: Place): string => keyOf(table, key);

/** One state of one row, from the commit that made it until the commit that replaced it. Null: there is no row. */
interface Version {
  readonly stamp: number;
  readonly row: Row | null;
}

/** What is committed, with as much of the past as somebody still looks at. */
export class Store {
  /** The number of commits so far. */
  stamp = 0;
  /** Told of every row that becomes visible. */
  onRow: (place: Place, row: Row | null) => void = () => {};
  readonly #rows = new Map<string, Version[]>();
  readonly #groups = new Map<string, Set<string>>();
  /** Stamps that transactions and waiting statements still read at. */
  readonly #readers: number[] = [];

  /** The row as it was at a stamp. */
  read({ table, key }: Place, stamp: number): Row | undefined {
    const versions = this.#rows.get(keyOf(table, key));
    if (versions === undefined) return undefined;
    for (let index = versions.length - 1; index >= 0; index--) {
      const version = versions[index];
      if (version !== undefined && version.stamp <= stamp) return version.row ?? undefined;
    }
    return undefined;
  }

  /** Keys of all rows that are, or were, in a group. */
  keysIn(table: TableName, group: string): ReadonlySet<string> {
    return this.#groups.get(keyOf(table, group)) ?? NONE;
  }

  /** All rows of a table as they are now, in the order in which their keys first came. */
  rowsOf(table: TableName): Row[] {
    const prefix = keyOf(table, '');
    return [...this.#rows]
      .filter(([text]) => text.startsWith(prefix))
      .flatMap(([, versions]): Row[] => {
        const row = versions.at(-1)?.row ?? null;
        return row === null ? [] : [row];
      });
  }

  /** Makes writes visible, all at once. */
  commit(writes: ReadonlyMap<string, { readonly place: Place; readonly row: Row | null }>): void {
    this.stamp += 1;
    const oldest = Math.min(this.stamp, ...this.#readers);
    for (const [text, { place, row }] of writes) {
      const versions = this.#rows.get(text) ?? [];
      if (versions.length === 0) this.#rows.set(text, versions);
      versions.push({ stamp: this.stamp, row });
      // The newest version that the oldest reader sees is the last one that is needed of the past.
      while (versions[1] !== undefined && versions[1].stamp <= oldest) versions.shift();
      if (row !== null) this.#enter(place, row);
      this.onRow(place, row);
    }
  }

  /** Keeps the past from `stamp` on until the returned function is called. */
  hold(stamp: number): () => void {
    this.#readers.push(stamp);
    return () => {
      const index = this.#readers.indexOf(stamp);
      if (index >= 0) this.#readers.splice(index, 1);
    };
  }

  #enter({ table, key }: Place, row: Row): void {
    for (const name of groupsOf(table, row)) {
      const group = this.#groups.get(keyOf(table, name));
      if (group === undefined) this.#groups.set(keyOf(table, name), new Set([key]));
      else group.add(key);
    }
  }
}

const NONE: ReadonlySet<string> = new Set();
