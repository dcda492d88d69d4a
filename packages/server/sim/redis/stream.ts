/** One entry of a stream. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: readonly string[];
}

/** An entry that was given to a consumer and is not acknowledged. */
interface Pending {
  consumer: string;
  givenAtMs: number;
}

interface Group {
  lastId: string;
  readonly pending: Map<string, Pending>;
}

/** A stream: entries by rising id, and what its consumer groups have read. */
export class Stream {
  entries: StreamEntry[] = [];
  lastId = '0-0';
  readonly groups = new Map<string, Group>();

  /** The id that the next entry gets by itself. */
  nextId(nowMs: number): string {
    const [ms, count] = partsOf(this.lastId);
    return nowMs > ms ? `${nowMs}-0` : `${ms}-${count + 1}`;
  }

  add(id: string, fields: readonly string[]): void {
    this.lastId = id;
    this.entries.push({ id, fields });
  }

  find(id: string): StreamEntry | undefined {
    return this.entries.find((entry) => entry.id === id);
  }

  /** Entries between two ids, both included. */
  range(from: string, to: string): StreamEntry[] {
    return this.entries.filter(({ id }) => compareIds(id, from) >= 0 && compareIds(id, to) <= 0);
  }

  after(id: string): StreamEntry[] {
    return this.entries.filter((entry) => compareIds(entry.id, id) > 0);
  }

  remove(ids: readonly string[]): number {
    const before = this.entries.length;
    this.entries = this.entries.filter(({ id }) => !ids.includes(id));
    return before - this.entries.length;
  }
}

export function compareIds(a: string, b: string): number {
  const [ams, acount] = partsOf(a);
  const [bms, bcount] = partsOf(b);
  return ams - bms || acount - bcount;
}

function partsOf(id: string): [number, number] {
  if (id === '-') return [0, 0];
  if (id === '+') return [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const [ms, count] = id.split('-');
  return [Number(ms), Number(count ?? '0')];
}
