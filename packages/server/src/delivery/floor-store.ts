import type { ChannelId, UserId } from '@parley/protocol';
import { query, type Tx } from '../storage/postgres.ts';
import type { Floor, FloorRange } from './floors.ts';

/** The floors of one channel up to which the status columns are settled. */
export interface ChannelFloors {
  readonly delivered: Floor;
  readonly read: Floor;
}

interface FloorRow {
  readonly channel_id: ChannelId;
  readonly delivered_all: number;
  readonly delivered_holder: UserId | null;
  readonly delivered_rest: number;
  readonly read_all: number;
  readonly read_holder: UserId | null;
  readonly read_rest: number;
}

/** Locks the floors of channels, in order, making those that are not there; channels that do not exist are left out. */
export async function lockFloors(tx: Tx, channelIds: readonly ChannelId[]): Promise<Map<ChannelId, ChannelFloors>> {
  await query(
    tx,
    `INSERT INTO delivery_floors (channel_id) SELECT c.id FROM channels c WHERE c.id = ANY($1::uuid[]) ORDER BY c.id
     ON CONFLICT DO NOTHING`,
    [channelIds],
  );
  const rows = await query<FloorRow>(
    tx,
    'SELECT * FROM delivery_floors WHERE channel_id = ANY($1::uuid[]) ORDER BY channel_id FOR UPDATE',
    [channelIds],
  );
  return new Map(
    rows.map((row) => [
      row.channel_id,
      {
        delivered: { all: row.delivered_all, holder: row.delivered_holder, rest: row.delivered_rest },
        read: { all: row.read_all, holder: row.read_holder, rest: row.read_rest },
      },
    ]),
  );
}

/** A member's cursors as others may know them. */
export interface CursorRow {
  readonly channelId: ChannelId;
  readonly userId: UserId;
  readonly deliveredSeq: number;
  readonly readSeq: number;
  readonly isActive: boolean;
}

/** Reads the members of each channel, at most `maxMembers` and one of them. Who hides receipts has read nothing. */
export async function readCursors(
  tx: Tx,
  channelIds: readonly ChannelId[],
  maxMembers: number,
): Promise<Map<ChannelId, CursorRow[]>> {
  const rows = await query<CursorRow>(
    tx,
    `SELECT n.id AS "channelId", m.user_id AS "userId", m.delivered_seq AS "deliveredSeq",
            CASE WHEN u.hide_receipts THEN 0 ELSE m.read_seq END AS "readSeq", u.deactivated_at IS NULL AS "isActive"
       FROM unnest($1::uuid[]) AS n(id)
      CROSS JOIN LATERAL (SELECT user_id, delivered_seq, read_seq FROM channel_members one
                           WHERE one.channel_id = n.id AND one.left_at IS NULL LIMIT $2) m
       JOIN users u ON u.id = m.user_id`,
    [channelIds, maxMembers + 1],
  );
  const byChannel = new Map<ChannelId, CursorRow[]>();
  for (const row of rows) {
    const list = byChannel.get(row.channelId);
    if (list === undefined) byChannel.set(row.channelId, [row]);
    else list.push(row);
  }
  return byChannel;
}

/** A range of one channel's messages. */
export type ChannelRange = FloorRange & { readonly channelId: ChannelId };

/** Somebody was there to get the message when it was sent: one who is alone has nobody to deliver to. */
const HAD_READERS = `
  EXISTS (SELECT FROM channel_members o JOIN users u ON u.id = o.user_id AND u.deactivated_at IS NULL
           WHERE o.channel_id = m.channel_id AND o.user_id <> m.sender_id AND o.left_at IS NULL AND o.joined_seq < m.seq)`;

const IN_RANGE = `
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[]) AS n(channel, above, up_to, sender)
 WHERE m.channel_id = n.channel AND m.seq > n.above AND m.seq <= n.up_to AND (n.sender IS NULL OR m.sender_id = n.sender)`;

const ADVANCE = {
  read: `
    UPDATE messages m SET status = 'read', read_at = clock_timestamp(), delivered_at = coalesce(m.delivered_at, clock_timestamp())
      ${IN_RANGE} AND m.status <> 'read' AND ${HAD_READERS}`,
  delivered: `
    UPDATE messages m SET status = 'delivered', delivered_at = clock_timestamp()
      ${IN_RANGE} AND m.status = 'sent' AND ${HAD_READERS}`,
};

/** Moves the status of the messages in these ranges forward. */
export async function advanceStatus(
  tx: Tx,
  status: 'delivered' | 'read',
  ranges: readonly ChannelRange[],
): Promise<void> {
  if (ranges.length === 0) return;
  await query(tx, ADVANCE[status], [
    ranges.map((range) => range.channelId),
    ranges.map((range) => range.from),
    ranges.map((range) => range.to),
    ranges.map((range) => range.senderId),
  ]);
}

/** Stores up to where the status columns are settled now. */
export async function saveFloors(tx: Tx, floors: ReadonlyMap<ChannelId, ChannelFloors>): Promise<void> {
  const list = [...floors.values()];
  await query(
    tx,
    `UPDATE delivery_floors f
        SET delivered_all = n.da, delivered_holder = n.dh, delivered_rest = n.dr, read_all = n.ra, read_holder = n.rh, read_rest = n.rr
       FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::uuid[], $7::bigint[])
            AS n(channel, da, dh, dr, ra, rh, rr)
      WHERE f.channel_id = n.channel`,
    [
      [...floors.keys()],
      list.map(({ delivered }) => delivered.all),
      list.map(({ delivered }) => delivered.holder),
      list.map(({ delivered }) => delivered.rest),
      list.map(({ read }) => read.all),
      list.map(({ read }) => read.holder),
      list.map(({ read }) => read.rest),
    ],
  );
}
