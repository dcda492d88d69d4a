import type { ChannelId, MessageView, WebhookEventName } from '@parley/protocol';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';
import { KEPT, type KeptWebhook } from './keeper.ts';

/** An outgoing webhook that is being fed. */
export interface FedWebhook extends KeptWebhook {
  readonly id: string;
  readonly events: readonly WebhookEventName[];
}

/** Outgoing webhooks that may be fed, those with too much waiting left out: their cursors keep the rest. */
export function listFed(on: Queryable, maxWaiting: number): Promise<FedWebhook[]> {
  return query<FedWebhook>(
    on,
    `SELECT w.id, w.events, ${KEPT} FROM webhooks w
      WHERE w.kind = 'outgoing'
        AND (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting'
                                    LIMIT $1) AS few) < $1`,
    [maxWaiting],
  );
}

/** Takes the right to feed a webhook for this transaction; false while another node does, or when it is gone. */
export async function lockFeed(tx: Tx, id: string): Promise<boolean> {
  // The key alone is locked, so that whoever sends what waits is not in the way.
  const rows = await query<{ ours: boolean }>(
    tx,
    `SELECT pg_try_advisory_xact_lock(hashtextextended('parley webhook ' || id, 0)) AS ours FROM webhooks WHERE id = $1`,
    [id],
  );
  return rows[0]?.ours ?? false;
}

export interface FeedRange {
  readonly channelId: ChannelId;
  readonly from: number;
  readonly to: number;
}

/** Root channels with changes that the webhook was not told. One that is new since begins with its first message. */
export function readFeedBacklog(tx: Tx, hook: FedWebhook, limit: number): Promise<FeedRange[]> {
  return query<FeedRange>(
    tx,
    `SELECT c.id AS "channelId", coalesce(k.rev, 0) AS "from", c.last_rev AS "to"
       FROM channels c LEFT JOIN webhook_cursors k ON k.webhook_id = $1 AND k.channel_id = c.id
      WHERE CASE WHEN $2::uuid IS NULL THEN c.kind = 'public' ELSE c.id = $2 END AND c.last_rev > coalesce(k.rev, 0)
      ORDER BY c.id LIMIT $3`,
    [hook.id, hook.channelId, limit],
  );
}

/** A changed message, and whether the webhook has not heard of it before. */
export interface FedMessage extends Pick<MessageView, 'channelId' | 'seq'> {
  readonly isNew: boolean;
  readonly isDeleted: boolean;
}

/** The messages that changed in these revs of a root channel, by rev. */
export function readFeed(tx: Tx, id: string, { channelId, from, to }: FeedRange): Promise<FedMessage[]> {
  return query<FedMessage>(
    tx,
    `SELECT m.channel_id AS "channelId", m.seq, m.seq > coalesce(k.seq, 0) AS "isNew", m.deleted_at IS NOT NULL AS "isDeleted"
       FROM messages m LEFT JOIN webhook_cursors k ON k.webhook_id = $1 AND k.channel_id = m.channel_id
      WHERE m.root_id = $2 AND m.rev > $3 AND m.rev <= $4 ORDER BY m.rev`,
    [id, channelId, from, to],
  );
}

/** Remembers how far the webhook has got: the root's rev, and the seq of each channel of which it was told. */
export async function moveCursors(tx: Tx, id: string, range: FeedRange, fed: readonly FedMessage[]): Promise<void> {
  const seqs = new Map<ChannelId, number>([[range.channelId, 0]]);
  for (const { channelId, seq } of fed) seqs.set(channelId, Math.max(seqs.get(channelId) ?? 0, seq));
  await query(
    tx,
    `INSERT INTO webhook_cursors AS k (webhook_id, channel_id, rev, seq)
     SELECT $1, c.id, CASE WHEN c.id = $2 THEN $3::bigint ELSE 0 END, c.seq
       FROM unnest($4::uuid[], $5::bigint[]) AS c(id, seq)
     ON CONFLICT (webhook_id, channel_id) DO UPDATE SET rev = greatest(k.rev, EXCLUDED.rev), seq = greatest(k.seq, EXCLUDED.seq)`,
    [id, range.channelId, range.to, [...seqs.keys()], [...seqs.values()]],
  );
}

export interface NewDelivery {
  readonly messageId: string;
  readonly type: WebhookEventName;
  readonly message: Pick<MessageView, 'channelId' | 'seq'>;
}

export async function insertDeliveries(tx: Tx, id: string, deliveries: readonly NewDelivery[]): Promise<void> {
  await query(
    tx,
    `INSERT INTO webhook_deliveries (webhook_id, message_id, type, channel_id, seq)
     SELECT $1, d.* FROM unnest($2::text[], $3::text[], $4::uuid[], $5::bigint[]) AS d`,
    [
      id,
      deliveries.map(({ messageId }) => messageId),
      deliveries.map(({ type }) => type),
      deliveries.map(({ message }) => message.channelId),
      deliveries.map(({ message }) => message.seq),
    ],
  );
}

/** Says on a webhook why it is told nothing. */
export async function markHeld(tx: Tx, id: string, reason: string): Promise<void> {
  await query(tx, 'UPDATE webhooks SET last_error = $2 WHERE id = $1 AND last_error IS DISTINCT FROM $2', [id, reason]);
}
