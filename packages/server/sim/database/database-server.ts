import type { Random } from '@parley/load-test';
import { START_MS } from '../node-clock.ts';
import type { Scheduler } from '../scheduler.ts';
import { PgError } from './pg-error.ts';
import type { Result, Statement } from './statement.ts';
import { Store } from './store.ts';
import { Locks, MustWait, Transaction, View } from './transaction.ts';

/** A transaction in which nothing is said for so long is ended by the server, as each of our connections asks. */
const IDLE_IN_TRANSACTION_MS = 30_000;

export type Answer = (outcome: Result | PgError) => void;

/** The server's side of one connection. */
export interface Backend {
  transaction: Transaction | null;
  isDead: boolean;
  lastHeardMs: number;
}

/**
 * A PostgreSQL as far as the product uses it: read committed with row locks that wait, repeatable read, unique keys, and
 * nothing visible before its commit. It knows each statement of the product by its text and refuses all others.
 */
export class DatabaseServer {
  readonly store = new Store();
  readonly #locks = new Locks();
  readonly #scheduler: Scheduler;
  readonly #statements: readonly Statement[];
  readonly #byText = new Map<string, Statement>();
  readonly #backends = new Set<Backend>();
  readonly #random: Random;
  /** Transactions that wait for the disk: nobody sees them yet, and a crash undoes them. */
  readonly #committing = new Set<Transaction>();
  /** How long the disk takes for a commit. */
  diskMs: { readonly low: number; readonly high: number } | null = null;
  /** No connection is taken while set. */
  isDown = false;

  constructor(scheduler: Scheduler, statements: readonly Statement[], random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#statements = statements;
  }

  get nowMs(): number {
    return Math.floor(START_MS + this.#scheduler.nowMs);
  }

  connect(): Backend {
    const backend = { transaction: null, isDead: false, lastHeardMs: this.#scheduler.nowMs };
    this.#backends.add(backend);
    return backend;
  }

  /** The connection has ended: what it had not committed is undone. */
  disconnect(backend: Backend): void {
    if (backend.isDead) return;
    backend.isDead = true;
    this.#backends.delete(backend);
    backend.transaction?.rollback();
    backend.transaction = null;
  }

  /** The client is gone and the server does not know: locks stay until the server gives up waiting. */
  orphan(backend: Backend): void {
    const waitMs = backend.lastHeardMs + IDLE_IN_TRANSACTION_MS - this.#scheduler.nowMs;
    this.#scheduler.after(waitMs, () => this.disconnect(backend));
  }

  /** The machine or the server process dies. What was committed is on disk. */
  crash(): void {
    // Everybody dies before anything is undone: who waited for a lock must not get it from the dying and go on.
    const fallen = [...this.#backends];
    for (const backend of fallen) backend.isDead = true;
    this.#backends.clear();
    for (const transaction of this.#committing) transaction.rollback();
    this.#committing.clear();
    for (const backend of fallen) backend.transaction?.rollback();
  }

  /** Runs a statement; the answer may come within the call, or when a lock is free. */
  execute(backend: Backend, sql: string, parameters: readonly unknown[], answer: Answer): void {
    if (backend.isDead) return;
    backend.lastHeardMs = this.#scheduler.nowMs;
    const text = sql.trim();
    if (/^(begin|start transaction|commit|rollback)/i.test(text)) return this.#control(backend, text, answer);
    const statement = this.#find(text);
    const isAlone = backend.transaction === null;
    const transaction = backend.transaction ?? new Transaction(this.store, this.#locks, false);
    if (transaction.hasFailed)
      return answer(
        new PgError('25P02', 'current transaction is aborted, commands ignored until end of transaction block'),
      );
    // A statement that waits is undone with its connection, also when it stands alone.
    backend.transaction = transaction;
    this.#attempt({ backend, transaction, statement, parameters, isAlone, stamp: this.store.stamp, answer });
  }

  #attempt(run: Attempt): void {
    const { backend, transaction, statement, parameters, isAlone, answer } = run;
    const view = new View(transaction, run.stamp, this.nowMs);
    try {
      const rows = statement.run(view, parameters);
      view.keep();
      const answered = () => answer({ command: statement.command, rows });
      if (isAlone) this.#commit(backend, transaction, answered);
      else answered();
    } catch (error) {
      if (error instanceof MustWait) return this.#wait(run, error.holder);
      if (!(error instanceof PgError)) throw error;
      this.#fail(run, error);
    }
  }

  #wait(run: Attempt, holder: Transaction): void {
    for (let next: Transaction | null = holder; next !== null; next = next.waitsFor)
      if (next === run.transaction) return this.#fail(run, new PgError('40P01', 'deadlock detected'));
    const endHold = this.store.hold(run.stamp);
    run.transaction.waitsFor = holder;
    holder.whenEnded(() => {
      run.transaction.waitsFor = null;
      endHold();
      if (!run.backend.isDead) this.#attempt(run);
    });
  }

  #fail({ backend, transaction, isAlone, answer }: Attempt, error: PgError): void {
    if (isAlone) {
      backend.transaction = null;
      transaction.rollback();
    } else transaction.hasFailed = true;
    answer(error);
  }

  /** Makes a transaction last. From here on the end of its connection does not undo it any more; a crash still does. */
  #commit(backend: Backend, transaction: Transaction, answered: () => void): void {
    backend.transaction = null;
    if (this.diskMs === null || transaction.writes.size === 0) {
      transaction.commit();
      return answered();
    }
    this.#committing.add(transaction);
    this.#scheduler.after(this.#random.between(this.diskMs.low, this.diskMs.high), () => {
      if (!this.#committing.delete(transaction)) return;
      transaction.commit();
      answered();
    });
  }

  #control(backend: Backend, text: string, answer: Answer): void {
    const { transaction } = backend;
    const answered = () => answer({ command: 'OTHER', rows: [] });
    if (/^(begin|start)/i.test(text)) {
      backend.transaction = new Transaction(this.store, this.#locks, /repeatable read/i.test(text));
      return answered();
    }
    if (/^commit/i.test(text) && transaction?.hasFailed === false) return this.#commit(backend, transaction, answered);
    backend.transaction = null;
    transaction?.rollback();
    answered();
  }

  #find(sql: string): Statement {
    let found = this.#byText.get(sql);
    if (found === undefined) {
      const plain = sql.replace(/\s+/g, ' ');
      const matching = this.#statements.filter((statement) => statement.sql.test(plain));
      if (matching[0] === undefined || matching.length > 1)
        throw new Error(`the model knows ${matching.length} statements like this one: ${plain}`);
      found = matching[0];
      this.#byText.set(sql, found);
    }
    return found;
  }
}

interface Attempt {
  readonly backend: Backend;
  readonly transaction: Transaction;
  readonly statement: Statement;
  readonly parameters: readonly unknown[];
  readonly isAlone: boolean;
  /** The commits that it sees: those before it began, however long it waits. */
  readonly stamp: number;
  readonly answer: Answer;
}
