import type { ChannelId, DownFrame, MessageId, UserId } from '@parley/protocol';
import type pg from 'pg';
import { decideSend } from '../channels/decide-send.ts';
import { accessOf } from '../channels/granted.ts';
import { Delivery } from '../delivery/delivery.ts';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import { type Postgres, query } from '../storage/postgres.ts';
import { Writer } from '../writer/writer.ts';
import { FakeClock } from './fake-clock.ts';
import { entryOf } from './test-entry.ts';

/** Frames that were told, and to whom: a root channel or a user. */
export interface Told {
  readonly to: ChannelId | UserId;
  readonly frame: DownFrame;
}

/** A member's row as it is stored. */
export interface StoredCursors {
  readonly deliveredSeq: number;
  readonly readSeq: number;
  readonly markedSeq: number | null;
}

/** The delivery room of one node over a database, its writer, and a bus that writes down what is told. Time stands still. */
export class TestDelivery {
  readonly delivery: Delivery;
  readonly told: Told[] = [];
  readonly errors: unknown[] = [];
  readonly #postgres: Postgres;
  readonly #writer: Writer;

  constructor(postgres: Postgres, more: { pool?: pg.Pool; clock?: Clock } = {}) {
    this.#postgres = postgres;
    const bus = new MemoryBus();
    bus.publish = (_topic, payload) => {
      if (payload.kind === 'ephemeral')
        this.told.push({ to: payload.channelId, frame: JSON.parse(payload.json) as DownFrame });
      if (payload.kind === 'frame')
        this.told.push({ to: payload.userId, frame: JSON.parse(payload.json) as DownFrame });
    };
    const fanout = new Fanout(bus);
    this.delivery = new Delivery({
      db: postgres.db,
      pool: more.pool ?? postgres.pool,
      fanout,
      clock: more.clock ?? new FakeClock(),
      onError: (error) => void this.errors.push(error),
    });
    this.#writer = new Writer({
      pool: postgres.pool,
      fanout,
      decideSend,
      onCommit: (entries) => {
        for (const entry of entries) this.delivery.sent(entry.senderId, entry.channelId);
      },
      onParked: (_entry, error) => void this.errors.push(error),
    });
  }

  /** Sends messages of one user in one batch; gives their ids. */
  async say(userId: UserId, channelId: ChannelId, count = 1, mentions: readonly UserId[] = []): Promise<MessageId[]> {
    const access = await accessOf(this.#postgres.db, userId, channelId);
    const entries = Array.from({ length: count }, () =>
      entryOf(channelId, userId, {
        rootId: access.root.id,
        mentions: mentions.length === 0 ? null : mentions,
        accessRev: access.root.accessRev,
      }),
    );
    for (const outcome of await this.#writer.write(entries)) if (outcome instanceof AppError) throw outcome;
    return entries.map((entry) => entry.id);
  }

  read(userId: UserId, channelId: ChannelId, seq: number): void {
    this.delivery.report(userId, 'read', [{ channelId, seq }]);
  }

  delivered(userId: UserId, channelId: ChannelId, seq: number): void {
    this.delivery.report(userId, 'delivered', [{ channelId, seq }]);
  }

  framesTo(to: ChannelId | UserId): DownFrame[] {
    return this.told.filter((one) => one.to === to).map((one) => one.frame);
  }

  async cursors(userId: UserId, channelId: ChannelId): Promise<StoredCursors> {
    const rows = await query<StoredCursors>(
      this.#postgres.db,
      `SELECT delivered_seq AS "deliveredSeq", read_seq AS "readSeq", marked_seq AS "markedSeq"
         FROM channel_members WHERE user_id = $1 AND channel_id = $2`,
      [userId, channelId],
    );
    return present(rows[0], 'member');
  }

  /** The status columns of a channel's messages, by seq. */
  async statuses(channelId: ChannelId): Promise<{ seq: number; senderId: UserId; status: string; isTimed: boolean }[]> {
    return await query(
      this.#postgres.db,
      `SELECT seq, sender_id AS "senderId", status,
              (delivered_at IS NOT NULL) = (status <> 'sent') AND (read_at IS NOT NULL) = (status = 'read') AS "isTimed"
         FROM messages WHERE channel_id = $1 ORDER BY seq`,
      [channelId],
    );
  }
}
