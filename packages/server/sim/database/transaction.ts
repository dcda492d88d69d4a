import { PgError } from './pg-error.ts';
import { groupsOf, type Place, placeText, type Row, type Store, type TableName } from './store.ts';

interface Write {
  readonly place: Place;
  readonly row: Row | null;
}

/** Thrown inside a statement that needs a row which another transaction has locked: it is run again when that has ended. */
export class MustWait {
  readonly place: string;
  readonly holder: Transaction;

  constructor(place: string, holder: Transaction) {
    this.place = place;
    this.holder = holder;
  }
}

/** Who has locked which row; rows are unlocked when the transaction ends. */
export class Locks {
  readonly #holders = new Map<string, Transaction>();

  take(place: string, by: Transaction): void {
    const holder = this.#holders.get(place);
    if (holder === by) return;
    if (holder !== undefined) throw new MustWait(place, holder);
    this.#holders.set(place, by);
    by.locked.push(place);
  }

  release(by: Transaction): void {
    for (const place of by.locked) this.#holders.delete(place);
    by.locked.length = 0;
  }
}

/** One transaction: what it has written and locked, and which past it reads. */
export class Transaction {
  readonly store: Store;
  readonly locks: Locks;
  /** Set for `repeatable read`: everything is read as it was then. */
  readonly snapshot: number | null;
  readonly writes = new Map<string, Write>();
  readonly locked: string[] = [];
  /** Whom it waits for, so that circles are found. */
  waitsFor: Transaction | null = null;
  hasFailed = false;
  readonly #endHold: (() => void) | null;
  #onEnd: (() => void)[] = [];

  constructor(store: Store, locks: Locks, isRepeatable: boolean) {
    this.store = store;
    this.locks = locks;
    this.snapshot = isRepeatable ? store.stamp : null;
    this.#endHold = isRepeatable ? store.hold(store.stamp) : null;
  }

  commit(): void {
    if (this.writes.size > 0) this.store.commit(this.writes);
    this.#end();
  }

  rollback(): void {
    this.#end();
  }

  /** Calls back when it has ended, either way. */
  whenEnded(run: () => void): void {
    this.#onEnd.push(run);
  }

  #end(): void {
    this.writes.clear();
    this.locks.release(this);
    this.#endHold?.();
    for (const run of this.#onEnd.splice(0)) run();
  }
}

/**
 * What one statement sees and does: the rows as they were when it began, together with what its own transaction wrote. Its
 * writes are the transaction's only once it has succeeded.
 */
export class View {
  readonly nowMs: number;
  readonly #transaction: Transaction;
  readonly #stamp: number;
  readonly #writes = new Map<string, Write>();

  constructor(transaction: Transaction, stamp: number, nowMs: number) {
    this.#transaction = transaction;
    this.#stamp = transaction.snapshot ?? stamp;
    this.nowMs = nowMs;
  }

  get(table: TableName, key: string): Row | undefined {
    return this.#own({ table, key }, () => this.#transaction.store.read({ table, key }, this.#stamp));
  }

  /** All rows of a group, in the order in which their keys first came. */
  scan(table: TableName, group: string): Row[] {
    const keys = new Set(this.#transaction.store.keysIn(table, group));
    for (const writes of [this.#transaction.writes, this.#writes]) {
      for (const { place, row } of writes.values()) {
        if (place.table === table && row !== null && groupsOf(table, row).includes(group)) keys.add(place.key);
      }
    }
    return [...keys].map((key) => this.get(table, key)).filter((row) => row !== undefined);
  }

  /** Locks a row and gives its newest committed state, which may be newer than what `get` sees. */
  lock(table: TableName, key: string): Row | undefined {
    const place = { table, key };
    this.#transaction.locks.take(placeText(place), this.#transaction);
    return this.#own(place, () => this.#transaction.store.read(place, this.#transaction.store.stamp));
  }

  /** Writes a row, which locks it. */
  put(table: TableName, key: string, row: Row | null): void {
    const place = { table, key };
    this.#transaction.locks.take(placeText(place), this.#transaction);
    this.#writes.set(placeText(place), { place, row });
  }

  /** Inserts a row that must not be there yet. */
  insert(table: TableName, key: string, row: Row): void {
    if (this.lock(table, key) !== undefined) throw uniqueViolation(table);
    this.put(table, key, row);
  }

  /** The statement has succeeded. */
  keep(): void {
    for (const [text, write] of this.#writes) this.#transaction.writes.set(text, write);
  }

  #own(place: Place, otherwise: () => Row | undefined): Row | undefined {
    const text = placeText(place);
    const write = this.#writes.get(text) ?? this.#transaction.writes.get(text);
    return write === undefined ? otherwise() : (write.row ?? undefined);
  }
}

export function uniqueViolation(what: string): PgError {
  return new PgError('23505', `duplicate key value violates unique constraint of ${what}`);
}
