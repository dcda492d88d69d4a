import type { Random } from '@parley/load-test';
import type pg from 'pg';
import type { NodeClock } from '../node-clock.ts';

import type { Tally } from '../tally.ts';

import type { Backend, DatabaseServer } from './database-server.ts';
import { PgError } from './pg-error.ts';
import type { Result } from './statement.ts';

/** As `openPostgres` has it, from the settings of the app. */
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 17_000;

/** How one node's way to the database is at the moment; its pools share it. */
export class DatabaseLink {
  /** `refuse`: nothing listens. `swallow`: what is sent is never answered, and nobody is told. */
  outage: 'refuse' | 'swallow' | null = null;
  /** Statements are carried out and their answers lost with the connection. */
  losesAnswers = false;
  lowMs = 0.1;
  highMs = 0.6;
}

interface QueryConfig {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly query_timeout?: number;
}

interface Waiting {
  readonly resolve: (client: SimClientConnection) => void;
  readonly reject: (error: Error) => void;
}

export interface PoolWorld {
  readonly server: DatabaseServer;
  readonly link: DatabaseLink;
  readonly clock: NodeClock;
  readonly random: Random;
  readonly effects: Tally;
}

/** A pool of connections that behaves as that of `pg`, in what it does and in the errors it gives. */
export class SimPool {
  readonly #world: PoolWorld;
  readonly #max: number;
  readonly #clients = new Set<SimClientConnection>();
  readonly #idle: SimClientConnection[] = [];
  readonly #queue: Waiting[] = [];

  constructor(world: PoolWorld, max: number) {
    this.#world = world;
    this.#max = max;
  }

  /** As the product sees it. */
  asPool(): pg.Pool {
    return this as unknown as pg.Pool;
  }

  on(): this {
    return this;
  }

  async end(): Promise<void> {}

  async query(first: string | QueryConfig, values?: readonly unknown[]): Promise<pg.QueryResult> {
    const client = await this.connect();
    try {
      const result = await client.query(first, values);
      client.release();
      return result;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  connect(): Promise<SimClientConnection> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return Promise.resolve(idle.lend());
    if (this.#clients.size < this.#max) return this.#open();
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
      this.#queue.push(waiting);
      this.#world.clock.setTimeout(() => {
        const index = this.#queue.indexOf(waiting);
        if (index < 0) return;
        this.#queue.splice(index, 1);
        reject(new Error('timeout exceeded when trying to connect'));
      }, CONNECT_TIMEOUT_MS);
    });
  }

  /** Breaks every connection; `isServerTold` says whether the server's side ends at once or lingers. */
  breakAll(isServerTold: boolean): void {
    for (const client of [...this.#clients]) client.break(isServerTold);
  }

  /** The process with these connections has died: nothing is told to it any more. */
  abandon(isServerTold: boolean): void {
    for (const client of this.#clients) client.abandon(isServerTold);
  }

  /** A client is free again, or gone. */
  takeBack(client: SimClientConnection, isGood: boolean): void {
    if (!isGood) {
      this.#clients.delete(client);
      const index = this.#idle.indexOf(client);
      if (index >= 0) this.#idle.splice(index, 1);
      const waiting = this.#queue.shift();
      if (waiting !== undefined) this.#open().then(waiting.resolve, waiting.reject);
      return;
    }
    const waiting = this.#queue.shift();
    if (waiting !== undefined) waiting.resolve(client.lend());
    else this.#idle.push(client);
  }

  #open(): Promise<SimClientConnection> {
    const client = new SimClientConnection(this, this.#world);
    this.#clients.add(client);
    return new Promise((resolve, reject) => {
      let isOver = false;
      const fail = (error: Error): void => {
        if (isOver) return;
        isOver = true;
        this.takeBack(client, false);
        reject(error);
      };
      const { clock, link, server } = this.#world;
      clock.setTimeout(() => fail(new Error('Connection terminated due to connection timeout')), CONNECT_TIMEOUT_MS);
      clock.setTimeout(() => {
        if (isOver || link.outage === 'swallow') return;
        if (link.outage === 'refuse')
          return fail(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
        if (server.isDown) return fail(new PgError('57P03', 'the database system is starting up'));
        isOver = true;
        client.opened(server.connect());
        resolve(client.lend());
      }, client.hopMs() * 3);
    });
  }
}

/** One connection, with the manners of a `pg` client. */
export class SimClientConnection {
  readonly #pool: SimPool;
  readonly #world: PoolWorld;
  #backend: Backend | null = null;
  #isLent = false;
  #isDead = false;
  /** Ends the query that waits for its answer. */
  #fail: ((error: Error) => void) | null = null;

  constructor(pool: SimPool, world: PoolWorld) {
    this.#pool = pool;
    this.#world = world;
  }

  hopMs(): number {
    const { link, random } = this.#world;
    return random.between(link.lowMs, link.highMs);
  }

  opened(backend: Backend): void {
    this.#backend = backend;
  }

  lend(): this {
    this.#isLent = true;
    return this;
  }

  release(error?: Error | boolean): void {
    if (!this.#isLent) throw new Error('Release called on client which has already been released to the pool.');
    this.#isLent = false;
    if (this.#isDead || (error !== undefined && error !== false)) {
      this.#end();
      this.#pool.takeBack(this, false);
    } else this.#pool.takeBack(this, true);
  }

  query(first: string | QueryConfig, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    const config = typeof first === 'string' ? { text: first, values } : first;
    if (this.#isDead)
      return Promise.reject(new Error('Client has encountered a connection error and is not queryable'));
    return new Promise((resolve, reject) => {
      let isOver = false;
      const end = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        patience.cancel();
        this.#fail = null;
        settle();
      };
      this.#fail = (error) => end(() => reject(error));
      const patience = this.#world.clock.setTimeout(() => {
        end(() => {
          // A connection that owes an answer is given up with it.
          this.#end();
          reject(new Error('Query read timeout'));
        });
      }, config.query_timeout ?? QUERY_TIMEOUT_MS);
      this.#send(config, (outcome) => end(() => settleQuery(outcome, resolve, reject)));
    });
  }

  /** The line to the server breaks. */
  break(isServerTold: boolean): void {
    if (this.#isDead) return;
    this.#end(isServerTold);
    const fail = this.#fail;
    if (fail !== null) fail(new Error('Connection terminated unexpectedly'));
    else if (!this.#isLent) this.#pool.takeBack(this, false);
  }

  /** Its process has died. */
  abandon(isServerTold: boolean): void {
    this.#end(isServerTold);
    this.#fail = null;
  }

  #send(config: QueryConfig, answer: (outcome: Result | PgError) => void): void {
    const { clock, link, server, effects } = this.#world;
    clock.setTimeout(() => {
      if (this.#isDead || this.#backend === null) return;
      if (link.outage === 'swallow') return effects.add('statement lost');
      server.execute(this.#backend, config.text, config.values ?? [], (outcome) => {
        if (link.losesAnswers) {
          effects.add('reply lost');
          return this.break(true);
        }
        clock.setTimeout(() => {
          if (!this.#isDead && link.outage !== 'swallow') answer(outcome);
          else effects.add('reply lost');
        }, this.hopMs());
      });
    }, this.hopMs());
  }

  #end(isServerTold = true): void {
    if (this.#isDead) return;
    this.#isDead = true;
    if (this.#backend === null) return;
    if (isServerTold) this.#world.server.disconnect(this.#backend);
    else this.#world.server.orphan(this.#backend);
  }
}

function settleQuery(
  outcome: Result | PgError,
  resolve: (result: pg.QueryResult) => void,
  reject: (error: Error) => void,
): void {
  if (outcome instanceof PgError) return reject(outcome);
  const { command, rows } = outcome;
  resolve({ command, rows: [...rows], rowCount: rows.length, oid: 0, fields: [] });
}
