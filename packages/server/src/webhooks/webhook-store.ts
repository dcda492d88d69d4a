import type { ChannelId, UserId, WebhookDeliveryView, WebhookEventName, WebhookView } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';

const VIEW = `
SELECT w.id, w.kind, w.name, w.channel_id AS "channelId", w.state, w.url, w.events, w.bot_id AS "botId",
       (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting') AS waiting,
       w.last_error AS "lastError", w.created_at AS "createdAt", w.created_by AS "createdBy"
  FROM webhooks w`;

export interface NewWebhook {
  readonly id: string;
  readonly kind: 'incoming' | 'outgoing';
  readonly name: string;
  readonly channelId: ChannelId | null;
  readonly url: string | null;
  readonly events: readonly WebhookEventName[];
  /** The key that signs, of an outgoing one; the hash of the secret in the address, of an incoming one. */
  readonly secret: string;
  readonly botId: UserId | null;
  readonly createdBy: UserId | null;
}

export async function insertWebhook(on: Queryable, hook: NewWebhook): Promise<void> {
  await query(
    on,
    `INSERT INTO webhooks (id, kind, name, channel_id, url, events, secret, bot_id, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [hook.id, hook.kind, hook.name, hook.channelId, hook.url, hook.events, hook.secret, hook.botId, hook.createdBy],
  );
}

/** What is there already is not told: the webhook begins at the tops of its channels and their threads. */
export async function placeCursors(on: Queryable, id: string, channelId: ChannelId | null): Promise<void> {
  await query(
    on,
    `INSERT INTO webhook_cursors (webhook_id, channel_id, rev, seq)
     SELECT $1, c.id, c.last_rev, c.last_seq FROM channels c JOIN channels root ON root.id = c.root_id
      WHERE CASE WHEN $2::uuid IS NULL THEN root.kind = 'public' ELSE root.id = $2 END`,
    [id, channelId],
  );
}

export function listWebhooks(on: Queryable): Promise<WebhookView[]> {
  return query<WebhookView>(on, `${VIEW} ORDER BY w.created_at, w.id`);
}

export async function findWebhook(on: Queryable, id: string): Promise<WebhookView | null> {
  return (await query<WebhookView>(on, `${VIEW} WHERE w.id = $1`, [id]))[0] ?? null;
}

export interface WebhookChanges {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly state?: 'active' | 'paused' | undefined;
}

/** Whatever is changed, what waits is tried at once. */
export async function updateWebhook(on: Queryable, id: string, { name, url, state }: WebhookChanges): Promise<void> {
  await query(
    on,
    `UPDATE webhooks SET name = coalesce($2, name), url = coalesce($3, url), state = coalesce($4, state),
            failures = 0, next_try_at = now(), last_error = NULL WHERE id = $1`,
    [id, name ?? null, url ?? null, state ?? null],
  );
}

/** True when there was one. */
export async function deleteWebhook(on: Queryable, id: string): Promise<boolean> {
  return (await query(on, 'DELETE FROM webhooks WHERE id = $1 RETURNING id', [id])).length > 0;
}

/** The address of an incoming webhook that is open: whom it speaks as, and where. */
export async function findIncoming(
  on: Queryable,
  id: string,
  secretHash: string,
): Promise<{ botId: UserId; channelId: ChannelId; state: WebhookView['state'] } | null> {
  const rows = await query<{ botId: UserId; channelId: ChannelId; state: WebhookView['state'] }>(
    on,
    `SELECT w.bot_id AS "botId", w.channel_id AS "channelId", w.state
       FROM webhooks w JOIN users u ON u.id = w.bot_id AND u.deactivated_at IS NULL
      WHERE w.id = $1 AND w.kind = 'incoming' AND w.secret = $2`,
    [id, secretHash],
  );
  return rows[0] ?? null;
}

export function listDeliveries(on: Queryable, id: string, below: number | null, limit: number) {
  return query<WebhookDeliveryView>(
    on,
    `SELECT id, message_id AS "messageId", type, state, attempts, status, error, created_at AS "createdAt",
            delivered_at AS "deliveredAt"
       FROM webhook_deliveries WHERE webhook_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [id, below, limit],
  );
}

/** Makes what was delivered from an id on wait again; gives how many. */
export async function replayDeliveries(on: Queryable, id: string, from: number): Promise<number> {
  const rows = await query(
    on,
    `UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, status = NULL, error = NULL, delivered_at = NULL
      WHERE webhook_id = $1 AND id >= $2 AND state = 'delivered' RETURNING id`,
    [id, from],
  );
  return rows.length;
}
