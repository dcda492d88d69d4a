import type pg from 'pg';
import { comparable } from './comparable.ts';
import type { DatabaseServer } from './database-server.ts';
import type { PgError } from './pg-error.ts';
import type { Result, Statement } from './statement.ts';
import { STATEMENTS } from './statements/statements.ts';

interface QueryConfig {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** A statement that the model answers otherwise than PostgreSQL. */
export interface Difference {
  readonly values: readonly unknown[];
  readonly real: unknown;
  readonly model: unknown;
}

/**
 * A pool of one connection to a real PostgreSQL that gives every statement to the model as well, and compares what the two
 * say. The product stands on it without knowing.
 */
export class TwinPool {
  /** The first difference of each statement, by its text. */
  readonly differences = new Map<string, Difference>();
  /** The statements of the model that were asked for. */
  readonly used = new Set<Statement>();
  readonly #pool: pg.Pool;
  readonly #model: DatabaseServer;
  /** What is asked later waits, so that both take everything in one order. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(pool: pg.Pool, model: DatabaseServer) {
    this.#pool = pool;
    this.#model = model;
  }

  asPool(): pg.Pool {
    return this as unknown as pg.Pool;
  }

  on(): this {
    return this;
  }

  async query(first: string | QueryConfig, values?: readonly unknown[]): Promise<pg.QueryResult> {
    const client = await this.connect();
    try {
      return await client.query(first, values);
    } finally {
      client.release();
    }
  }

  async connect() {
    const before = this.#last;
    let release = (): void => {};
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    const client = await this.#pool.connect();
    const backend = this.#model.connect();
    return {
      query: (first: string | QueryConfig, values: readonly unknown[] = []) => {
        const config = typeof first === 'string' ? { text: first, values } : first;
        return this.#both(client, backend, config);
      },
      release: () => {
        client.release();
        this.#model.disconnect(backend);
        release();
      },
    };
  }

  async #both(client: pg.PoolClient, backend: ReturnType<DatabaseServer['connect']>, config: QueryConfig) {
    const { text, values = [] } = config;
    const plain = text.trim().replace(/\s+/g, ' ');
    for (const statement of STATEMENTS) if (statement.sql.test(plain)) this.used.add(statement);
    const real = await client.query(text, [...values]).catch((error: Error & { code?: string }) => error);
    const model = await new Promise<Result | PgError>((resolve) => {
      this.#model.execute(backend, text, values, resolve);
    });
    const [theirs, ours] = [comparable(plain, real), comparable(plain, model)];
    if (JSON.stringify(theirs) !== JSON.stringify(ours) && !this.differences.has(plain))
      this.differences.set(plain, { values, real: theirs, model: ours });
    if (real instanceof Error) throw real;
    return real;
  }
}
