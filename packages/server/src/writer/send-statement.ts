import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { SendEntry } from '../queue/send-entry.ts';

/**
 * One batch, one statement, one round trip, one commit. It takes the channels' row locks in id order (so writers never
 * deadlock), compares each channel's `access_rev` with the one the sends were allowed under, hands out seq and rev, and
 * inserts. It assumes no repeats: a repeated id violates `idx_messages_id` and aborts the whole statement, and a void
 * permission makes it return no row; in both cases nothing was written and no number was used.
 *
 * $1-$4 per channel: id, messages (seq), changes (rev), expected access_rev or null. $5-$14 per message: channel, root,
 * place within the channel's and the root's part of the batch, id, sender, body, quoted seq, mentions, everyone,
 * attachments. A thread takes seq from its own row and rev from its root's. A quoted seq that no earlier message has is left
 * out: only here is it known for sure, and looking for it before would cost every reply a query.
 */
const SEND_STATEMENT = { name: 'send', text: sendText('', '') };

/** Of a row `f` of `channel_members` that a follow inserts: who has stopped follows anew, who follows is left as he is. */
export const FOLLOW_AGAIN = `ON CONFLICT (channel_id, user_id) DO UPDATE
     SET joined_seq = EXCLUDED.joined_seq, delivered_seq = EXCLUDED.delivered_seq, read_seq = EXCLUDED.read_seq,
         marked_seq = NULL, notify = 'all', rev = EXCLUDED.rev, joined_at = EXCLUDED.joined_at, left_at = NULL
   WHERE f.left_at IS NOT NULL`;

/**
 * Lets those whom replies concern follow their threads, with the replies: the authors, from their own first reply, and those who are
 * mentioned, from just before the first that calls them. Nothing for who follows already, nor for who is not in the channel.
 */
const FOLLOWS = `, concerned AS (
  SELECT i.channel, i.root, u.id, min(u.seq) AS seq
    FROM unnest($5::uuid[], $6::uuid[], $7::int[], $10::uuid[], $13::text[]) AS i(channel, root, seq_place, sender, mentions)
    JOIN bump s ON s.id = i.channel
   CROSS JOIN LATERAL (
     SELECT i.sender, s.seq_base + i.seq_place
      UNION ALL
     SELECT m, s.seq_base + i.seq_place - 1 FROM unnest(i.mentions::uuid[]) AS m WHERE m <> i.sender
   ) AS u(id, seq)
   WHERE i.channel <> i.root
   GROUP BY 1, 2, 3
), follow AS (
  INSERT INTO channel_members AS f (channel_id, user_id, role, joined_seq, delivered_seq, read_seq, rev, joined_at)
  SELECT c.channel, c.id, 'member', c.seq, c.seq, c.seq, r.rev, clock_timestamp()
    FROM concerned c
    JOIN bump r ON r.id = c.root
    JOIN channel_members m ON m.channel_id = c.root AND m.user_id = c.id AND m.left_at IS NULL
   WHERE NOT EXISTS (SELECT FROM channel_members e WHERE e.channel_id = c.channel AND e.user_id = c.id AND e.left_at IS NULL)
   ORDER BY c.channel, c.id
  ${FOLLOW_AGAIN}
  RETURNING f.channel_id, f.user_id
)`;

/** The same for a batch in which somebody replies in a thread. */
const REPLY_STATEMENT = {
  name: 'send replies',
  text: sendText(FOLLOWS, ', (SELECT array_agg(user_id) FROM follow WHERE follow.channel_id = bump.id) AS followers'),
};

function sendText(more: string, columns: string): string {
  return `
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
  RETURNING c.id, c.last_seq - n.seqs AS seq_base, c.last_rev - n.revs AS rev_base, c.last_rev AS rev
), insertion AS (
  INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, reply_to, mentions, everyone, attachments, created_at)
  SELECT i.channel, i.root, s.seq_base + i.seq_place, r.rev_base + i.rev_place, i.id, i.sender, i.body,
         CASE WHEN i.reply_to BETWEEN 1 AND s.seq_base + i.seq_place - 1 THEN i.reply_to END,
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
)${more}
SELECT id, seq_base, rev_base, (SELECT (extract(epoch FROM at) * 1000)::bigint FROM allowed) AS at${columns} FROM bump`;
}

/**
 * The same for what most batches are while little is said: one message, in no thread, that mentions nobody. It asks half as much
 * of PostgreSQL and of us.
 *
 * $1 channel, $2 expected access_rev, $3 id, $4 sender, $5 body, $6 quoted seq, $7 everyone, $8 attachments.
 */
const LONE_STATEMENT = {
  name: 'send one',
  text: `
WITH bump AS (
  UPDATE channels SET last_seq = last_seq + 1, last_rev = last_rev + 1
   WHERE id = $1::uuid AND access_rev = $2::bigint AND archived_at IS NULL
  RETURNING id, last_seq, last_rev, date_trunc('milliseconds', clock_timestamp()) AS at
), insertion AS (
  INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, reply_to, everyone, attachments, created_at)
  SELECT id, id, last_seq, last_rev, $3::uuid, $4::uuid, $5::text,
         CASE WHEN $6::bigint BETWEEN 1 AND last_seq - 1 THEN $6::bigint END, $7::text, $8::uuid[], at FROM bump
)
SELECT id, last_seq - 1 AS seq_base, last_rev - 1 AS rev_base, (extract(epoch FROM at) * 1000)::bigint AS at FROM bump`,
};

export interface BaseRow {
  readonly id: ChannelId;
  readonly seq_base: number;
  readonly rev_base: number;
  /** Epoch milliseconds; the same in every row. */
  readonly at: number;
  /** Who follows this thread from now on; null for nobody. */
  readonly followers?: readonly UserId[] | null;
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

/** A statement with its parameters, and the places of its entries. */
export interface LaidOut {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  readonly places: Place[];
}

/** The statement that commits these entries if what they were allowed under still holds. Message ids must be distinct. */
export function layOutSend(entries: readonly SendEntry[]): LaidOut {
  const [only] = entries;
  if (only === undefined || entries.length > 1 || only.channelId !== only.rootId || only.mentions !== null)
    return layOut(entries, true);
  const { channelId, accessRev, id, senderId, body, replyTo, everyone, attachments } = only;
  const values = [channelId, accessRev, id, senderId, body, replyTo, everyone, attachmentArray(attachments)];
  return { ...LONE_STATEMENT, values, places: [{ seqPlace: 1, revPlace: 1 }] };
}

/** Numbers the entries of a batch and lays them out as its statement's parameters. Message ids must be distinct. */
export function layOut(entries: readonly SendEntry[], checkAccess: boolean): LaidOut {
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
    entries.map((entry) => attachmentArray(entry.attachments)),
  ];
  const hasReplies = entries.some((entry) => entry.rootId !== entry.channelId);
  return { ...(hasReplies ? REPLY_STATEMENT : SEND_STATEMENT), values, places };
}

/** An array inside an array parameter travels as its text form; ids hold nothing that needs quoting. */
function uuidArray(ids: readonly string[] | null): string | null {
  return ids === null || ids.length === 0 ? null : `{${ids.join(',')}}`;
}

function attachmentArray(files: SendEntry['attachments']): string | null {
  return uuidArray(files?.map((file) => file.id) ?? null);
}

/** Message ids are unique per channel: the key under which a repeat is recognised. */
export function sendKey(channelId: ChannelId, id: MessageId): string {
  return channelId + id;
}

/** What a message quotes, as the statements store it: an earlier message of its channel, or nothing. */
export function quotedBy({ replyTo }: SendEntry, seq: number): number | null {
  return replyTo !== null && replyTo >= 1 && replyTo < seq ? replyTo : null;
}
