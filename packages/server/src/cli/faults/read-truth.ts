import { digestOf, type FinalState, type StoredChannel } from '@parley/load-test';
import type { ChannelId, UserId } from '@parley/protocol';
import { groupedBy } from '../../lib/grouped-by.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageView } from '../../messages/message-rows.ts';
import type { Database } from '../../storage/postgres.ts';
import { type Queryable, query } from '../../storage/postgres.ts';
import { readEpoch } from '../../storage/server-state.ts';

interface ChannelRow {
  readonly id: ChannelId;
  readonly rootId: ChannelId;
  readonly kind: 'public' | 'private' | 'direct' | 'thread';
  readonly lastSeq: number;
  readonly lastRev: number;
}

interface MemberRow {
  readonly channelId: ChannelId;
  readonly user: UserId;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

/** Reads what is stored of these channels and their threads in one snapshot: what every client's log is held against. */
export async function readTruth(db: Database, roots: readonly ChannelId[]): Promise<FinalState> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const channels = await readChannels(tx, roots);
      const messages = groupedBy(await readMessages(tx, roots), ({ channelId }) => channelId);
      const members = groupedBy(await readMembers(tx, channels), ({ channelId }) => channelId);
      const revs = new Map(channels.map(({ id, lastRev }) => [id, lastRev]));
      return {
        epoch: await readEpoch(tx),
        tMono: performance.now(),
        channels: channels.map((channel) =>
          stored(channel, revs, messages.get(channel.id) ?? [], members.get(channel.id) ?? []),
        ),
      };
    });
}

function stored(
  { id, rootId, kind, lastSeq, lastRev }: ChannelRow,
  revs: ReadonlyMap<ChannelId, number>,
  messages: readonly MessageRow[],
  members: readonly MemberRow[],
): StoredChannel {
  return {
    id,
    root: rootId,
    open: kind === 'public',
    lastSeq,
    lastRev: revs.get(rootId) ?? lastRev,
    members,
    messages: messages.map((row) => ({
      id: row.id,
      seq: row.seq,
      rev: row.rev,
      sender: row.senderId,
      digest: digestOf(messageView(row)),
      system: row.kind === 'system',
      ...(row.mentions === null ? {} : { mentions: row.mentions }),
      ...(row.everyone === 'channel' ? { everyone: true } : {}),
    })),
  };
}

function readChannels(on: Queryable, roots: readonly ChannelId[]): Promise<ChannelRow[]> {
  return query(
    on,
    `SELECT id, root_id AS "rootId", kind, last_seq AS "lastSeq", last_rev AS "lastRev"
       FROM channels WHERE root_id = ANY($1::uuid[])`,
    [roots],
  );
}

function readMessages(on: Queryable, roots: readonly ChannelId[]): Promise<MessageRow[]> {
  return query(on, `SELECT ${MESSAGE_COLUMNS} FROM messages m WHERE m.root_id = ANY($1::uuid[]) ORDER BY m.seq`, [
    roots,
  ]);
}

function readMembers(on: Queryable, channels: readonly ChannelRow[]): Promise<MemberRow[]> {
  return query(
    on,
    `SELECT channel_id AS "channelId", user_id AS user, read_seq AS "readSeq", delivered_seq AS "deliveredSeq"
       FROM channel_members WHERE channel_id = ANY($1::uuid[]) AND left_at IS NULL`,
    [channels.map(({ id }) => id)],
  );
}
