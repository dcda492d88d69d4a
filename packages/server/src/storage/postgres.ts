import { CompiledQuery, Kysely, PostgresDialect, type Transaction } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;
/** Either: a store function runs inside a transaction or alone. */
export type Queryable = Database | Tx;

const INT8 = 20;
const INT8_ARRAY = 1016;
const TIMESTAMPTZ = 1184;
const types = new pg.TypeOverrides();
types.setTypeParser(INT8, Number);
types.setTypeParser(INT8_ARRAY, parseNumbers);
types.setTypeParser(TIMESTAMPTZ, parseTimestamp);

/** A bigint[] without nulls as numbers, as a single bigint is. */
function parseNumbers(text: string): number[] {
  const within = text.slice(1, -1);
  return within === '' ? [] : within.split(',').map(Number);
}

/** PostgreSQL's timestamptz text to epoch milliseconds; the server always prints UTC because each session asks for it. */
function parseTimestamp(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, 23).replace(/\+.*$/, '')}Z`);
}

/** Names of the statements that are prepared, by their text. */
const PREPARED = new Map<string, string>();

/**
 * Marks a statement that runs often and takes longer to plan than to run: each connection plans it once. Returns its text,
 * which must be the same each time.
 */
export function prepared(name: string, text: string): string {
  PREPARED.set(text, name);
  return text;
}

/** The same query by the name of its statement, where it has one. */
function byName(parameters: readonly unknown[]): readonly unknown[] {
  const [text, values, ...rest] = parameters;
  const name = typeof text === 'string' ? PREPARED.get(text) : undefined;
  return name === undefined ? parameters : [{ name, text }, values, ...rest];
}

const LOST_ANSWER = /Query read timeout/;
/** How much later than the server itself would have cancelled a statement its answer is given up. */
const ANSWER_MARGIN_MS = 2_000;

/**
 * A connection that ends when an answer does not come: the way to the server may be gone without a sign, and a pool would
 * hand such a connection out for ever, each time to somebody who waits in vain.
 */
class MortalClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config);
    // While a transaction holds it nobody else listens, and an error that nobody hears ends the process.
    this.on('error', () => {});
    const query = this.query.bind(this) as (...parameters: unknown[]) => unknown;
    const guarded = (...parameters: unknown[]): unknown => {
      const answer = query(...byName(parameters));
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#endIfLost(error));
      return answer;
    };
    this.query = guarded as typeof this.query;
  }

  #endIfLost(error: unknown): void {
    if (error instanceof Error && LOST_ANSWER.test(error.message)) this.end().catch(() => {});
  }
}

export interface Postgres {
  readonly pool: pg.Pool;
  readonly db: Database;
  close(): Promise<void>;
}

export interface PostgresOptions {
  readonly connection: pg.PoolConfig;
  readonly maxConnections: number;
  /** A statement that runs longer is cancelled by the server: no query may hold a connection for ever. */
  readonly statementTimeoutMs: number;
  onError(error: Error): void;
}

/** Opens a pool and the query builder over it. Integers come as numbers, times as epoch milliseconds. */
export function openPostgres(options: PostgresOptions): Postgres {
  const pool = new pg.Pool({
    ...options.connection,
    types,
    max: options.maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'parley',
    Client: MortalClient,
    ...(options.statementTimeoutMs === 0 ? {} : { query_timeout: options.statementTimeoutMs + ANSWER_MARGIN_MS }),
    options: `-c timezone=UTC -c statement_timeout=${options.statementTimeoutMs} -c idle_in_transaction_session_timeout=30000`,
  });
  pool.on('error', (error) => options.onError(error));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    pool,
    db,
    // Not by way of kysely: it ends only a pool that it has used itself, and the connections of any other keep the process.
    async close() {
      if (!pool.ending) await pool.end();
    },
  };
}

/**
 * A connection of its own for work that takes as long as it takes: without the time limits of the pool that it is like, and
 * ended by whoever asked for it.
 */
export async function connectApart({ pool }: Pick<Postgres, 'pool'>): Promise<pg.Client> {
  const { query_timeout: _, ...options } = pool.options;
  // The pool hides its password from whoever lists what it has.
  const client = new MortalClient({ ...options, password: pool.options.password });
  await client.connect();
  await client.query('SET statement_timeout = 0');
  await client.query('SET idle_in_transaction_session_timeout = 0');
  return client;
}

/** Runs SQL text with parameters on a kysely connection or transaction; for statements that are clearer as SQL. */
export async function query<Row>(on: Queryable, text: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  const result = await on.executeQuery<Row>(CompiledQuery.raw(text, [...parameters]));
  return result.rows;
}

const RETRYABLE_STATES = new Set(['40001', '40P01', '55P03']);
const AWAY_STATES = new Set([
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '53400',
  '25006',
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
]);
const AWAY_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATE or system error code, if the error carries one. */
export function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** True for deadlocks, serialization failures and lock timeouts: nothing was done, the same statement may succeed now. */
export function isRetryableError(error: unknown): boolean {
  return RETRYABLE_STATES.has(errorCode(error) ?? '');
}

/** True when the database is away or refuses writes; whether a running commit happened is then unknown. */
export function isAway(error: unknown): boolean {
  const code = errorCode(error);
  if (code !== undefined && (AWAY_STATES.has(code) || AWAY_SYSTEM_CODES.has(code))) return true;
  return (
    error instanceof Error &&
    /Connection terminated|timeout exceeded when trying to connect|Query read timeout|is not queryable|server closed/i.test(
      error.message,
    )
  );
}

/** Of those the ones that say that no statement was even begun. */
const NOT_BEGUN = new Set(['25006', '53300', '53400', '57P03', '08001', '08004']);
const NOT_REACHED = new Set(['ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);

/** True when the database went away from what it was doing: a commit may have happened, and nobody was told. */
export function isAnswerLost(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  if (!isAway(error) || NOT_BEGUN.has(code) || NOT_REACHED.has(code)) return false;
  return !(error instanceof Error && error.message.includes('when trying to connect'));
}

export const UNIQUE_VIOLATION = '23505';

/** Classes of SQLSTATE that speak of the row itself: data exceptions, integrity violations, limits of the program. */
const ROW_FAULT_CLASSES = new Set(['22', '23', '54']);

/** True when the database refuses what it was given and always will; all other errors are about the database, not the row. */
export function isRowFault(error: unknown): boolean {
  return ROW_FAULT_CLASSES.has((errorCode(error) ?? '').slice(0, 2));
}

/** True when PostgreSQL itself said no: the statement failed as a whole, so nothing of it was committed. */
export function isRefusal(error: unknown): boolean {
  return /^[0-9A-Z]{5}$/.test(errorCode(error) ?? '') && !isAway(error);
}
