import type { ChannelId, MessageId } from '@parley/protocol';
import type { SendEntry } from '../queue/send-entry.ts';

/**
 * One batch, one statement, one round trip, one commit. It takes the channels' row locks in id order (so writers never
 * deadlock), compares each channel's `access_rev` with the one the sends were allowed under, hands out seq and rev, and
 * inserts. It assumes no repeats: a repeated id violates `idx_messages_id` and aborts the whole statement, and a void
 * permission makes it return no row; in both cases nothing was written and no number was used.
 *
 * $1-$4 per channel: id, messages (seq), changes (rev), expected access_rev or null. $5-$14 per message: channel, root,
 * place within the channel's and the root's part of the batch, id, sender, body, quoted seq, mentions, everyone,
 * attachments. A thread takes seq from its own row and rev from its root's.
 */
export const SEND_STATEMENT = {
  name: 'send',
  text: `
WITH target AS MATERIALIZED (
  SELECT id, access_rev, archived_at FROM channels WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
), allowed AS MATERIALIZED (
  SELECT count(*) = cardinality($1::uuid[]) AS all_of_them, date_trunc('milliseconds', clock_timestamp()) AS at
    FROM target t JOIN unnest($1::uuid[], $4::bigint[]) AS n(id, access) ON n.id = t.id
   WHERE n.access IS NULL OR (t.access_rev = n.access AND t.archived_at IS NULL)
), bump AS (
  UPDATE channels c SET last_seq = c.last_seq + n.seqs, last_rev = c.last_rev + n.revs
    FROM unnest($1::uuid[], $2::int[], $3::int[]) AS n(id, seqs, revs)
    JOIN target t ON t.id = n.id
   WHERE c.id = n.id AND (SELECT all_of_them FROM allowed)
  RETURNING c.id, c.last_seq - n.seqs AS seq_base, c.last_rev - n.revs AS rev_base
), insertion AS (
  INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, reply_to, mentions, everyone, attachments, created_at)
  SELECT i.channel, i.root, s.seq_base + i.seq_place, r.rev_base + i.rev_place, i.id, i.sender, i.body, i.reply_to,
         i.mentions::uuid[], i.everyone, i.attachments::uuid[], (SELECT at FROM allowed)
    FROM unnest($5::uuid[], $6::uuid[], $7::int[], $8::int[], $9::uuid[], $10::uuid[], $11::text[], $12::bigint[],
                $13::text[], $14::text[], $15::text[])
         AS i(channel, root, seq_place, rev_place, id, sender, body, reply_to, mentions, everyone, attachments)
    JOIN bump s ON s.id = i.channel
    JOIN bump r ON r.id = i.root
), mention AS (
  INSERT INTO mentions (user_id, channel_id, seq)
  SELECT DISTINCT unnest(i.mentions::uuid[]), i.channel, s.seq_base + i.seq_place
    FROM unnest($5::uuid[], $7::int[], $13::text[]) AS i(channel, seq_place, mentions)
    JOIN bump s ON s.id = i.channel
   WHERE i.mentions IS NOT NULL
)
SELECT id, seq_base, rev_base, (SELECT (extract(epoch FROM at) * 1000)::bigint FROM allowed) AS at FROM bump`,
};

export interface Bases {
  readonly seqBase: number;
  readonly revBase: number;
}

export interface BaseRow {
  readonly id: ChannelId;
  readonly seq_base: number;
  readonly rev_base: number;
  /** Epoch milliseconds; the same in every row. */
  readonly at: number;
}

/** Where an entry stands within its batch: 1-based, per channel and per root. */
export interface Place {
  readonly seqPlace: number;
  readonly revPlace: number;
}

interface Share {
  seqs: number;
  revs: number;
  access: number | null;
}

/** Numbers the entries of a batch and lays them out as the statement's parameters. Message ids must be distinct. */
export function layOut(entries: readonly SendEntry[], checkAccess: boolean): { values: unknown[]; places: Place[] } {
  const shares = new Map<ChannelId, Share>();
  const shareOf = (id: ChannelId): Share => {
    let share = shares.get(id);
    if (share === undefined) {
      share = { seqs: 0, revs: 0, access: null };
      shares.set(id, share);
    }
    return share;
  };
  const places = entries.map((entry) => {
    const own = shareOf(entry.channelId);
    const root = shareOf(entry.rootId);
    own.seqs += 1;
    root.revs += 1;
    // Two entries allowed under different revs cannot both be right; the smaller one makes the statement refuse.
    if (checkAccess) root.access = root.access === null ? entry.accessRev : Math.min(root.access, entry.accessRev);
    return { seqPlace: own.seqs, revPlace: root.revs };
  });
  const channels = [...shares.values()];
  const values = [
    [...shares.keys()],
    channels.map((share) => share.seqs),
    channels.map((share) => share.revs),
    channels.map((share) => share.access),
    entries.map((entry) => entry.channelId),
    entries.map((entry) => entry.rootId),
    places.map((place) => place.seqPlace),
    places.map((place) => place.revPlace),
    entries.map((entry) => entry.id),
    entries.map((entry) => entry.senderId),
    entries.map((entry) => entry.body),
    entries.map((entry) => entry.replyTo),
    entries.map((entry) => uuidArray(entry.mentions)),
    entries.map((entry) => entry.everyone),
    entries.map((entry) => uuidArray(entry.attachments?.map((file) => file.id) ?? null)),
  ];
  return { values, places };
}

/** An array inside an array parameter travels as its text form; ids hold nothing that needs quoting. */
function uuidArray(ids: readonly string[] | null): string | null {
  return ids === null || ids.length === 0 ? null : `{${ids.join(',')}}`;
}

/** Message ids are unique per channel: the key under which a repeat is recognised. */
export function sendKey(channelId: ChannelId, id: MessageId): string {
  return channelId + id;
}
