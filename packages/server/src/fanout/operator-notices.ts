import { ROLES, type UserId } from '@parley/protocol';
import pg from 'pg';
import { z } from 'zod';
import type { Clock, Timer } from '../lib/clock.ts';
import { type Database, query } from '../storage/postgres.ts';
import type { NodeNotice, UserNotice } from './bus.ts';

/** Name of the PostgreSQL notification channel that nodes listen to. */
const CHANNEL = 'parley_notice';
/** Waits before connecting again; a database that is away is away for everybody. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

const userId = z.uuid() as unknown as z.ZodType<UserId>;
const noticeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('cut'),
    userId,
    reason: z.enum(['revoked', 'deactivated']),
    sessionId: z.string().optional(),
    except: z.string().optional(),
  }),
  z.strictObject({ kind: z.literal('role'), userId, role: z.enum(ROLES) }),
  z.strictObject({ kind: z.literal('frame'), userId, json: z.string() }),
  z.strictObject({ kind: z.literal('node'), topic: z.literal('flags'), payload: z.null() }),
]);

/** What somebody without a bus, such as the command line, can tell all nodes. */
export type OperatorNotice = Extract<UserNotice, { kind: 'cut' | 'role' | 'frame' }> | NodeNotice;

/** Tells every node by way of the database; what it tells of must be committed before. */
export async function sendOperatorNotice(db: Database, notice: OperatorNotice): Promise<void> {
  await query(db, 'SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(notice)]);
}

export interface OperatorNoticesPorts {
  readonly connection: pg.ClientConfig;
  readonly clock: Clock;
  /** Hands the notice to the sockets of this node: every node listens for itself. */
  deliver(notice: OperatorNotice): void;
  /** It begins to hear: what was told before may have been missed. */
  readonly onListening?: () => void;
  onFault(error: unknown): void;
}

/**
 * Hears what is told by way of the database, by the command line or inside a transaction, on a connection of its own. A notice that is lost while the database is
 * away is made good by the periodic look at all credentials.
 */
export class OperatorNotices {
  readonly #ports: OperatorNoticesPorts;
  #client: pg.Client | null = null;
  #retry: Timer | null = null;
  #retryMs = FIRST_RETRY_MS;
  #isClosed = false;

  constructor(ports: OperatorNoticesPorts) {
    this.#ports = ports;
  }

  /** Connects, and from then on stays connected; resolves after the first try, however it went. */
  async start(): Promise<void> {
    const client = new pg.Client({ ...this.#ports.connection, keepAlive: true, application_name: 'parley notices' });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, null));
    client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
    this.#client = client;
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#retryMs = FIRST_RETRY_MS;
      this.#ports.onListening?.();
    } catch (error) {
      this.#lost(client, error);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => {});
  }

  #hear(payload: string): void {
    try {
      this.#ports.deliver(noticeSchema.parse(JSON.parse(payload)));
    } catch (error) {
      this.#ports.onFault(error);
    }
  }

  #lost(client: pg.Client, error: unknown): void {
    // A connection that fails says so twice; only the one in use counts, and once.
    if (this.#isClosed || this.#client !== client) return;
    this.#client = null;
    if (error !== null) this.#ports.onFault(error);
    client.end().catch(() => {});
    this.#retry = this.#ports.clock.setTimeout(() => void this.start(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
