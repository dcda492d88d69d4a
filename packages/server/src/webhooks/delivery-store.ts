import type { MessageView, WebhookEventName } from '@parley/protocol';
import { MESSAGE_COLUMNS, type MessageRow, messageView } from '../messages/message-rows.ts';
import { type Database, type Queryable, query } from '../storage/postgres.ts';
import { KEPT, type KeptWebhook } from './keeper.ts';

/** An outgoing webhook that this node may send to until its lease ends. */
export interface LeasedWebhook extends KeptWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly failures: number;
}

/** Takes webhooks that have something to send now; no other node takes them until the lease ends. */
export function leaseWebhooks(db: Database, leaseMs: number, limit: number): Promise<LeasedWebhook[]> {
  return query<LeasedWebhook>(
    db,
    `UPDATE webhooks w SET lease_until = now() + $1 * interval '1 millisecond'
      WHERE w.id IN (SELECT h.id FROM webhooks h
                    WHERE h.kind = 'outgoing' AND h.state = 'active' AND h.next_try_at <= now() AND h.lease_until < now()
                      AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = h.id AND d.state = 'waiting')
                    ORDER BY h.next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING w.id, w.url, w.secret, w.failures, ${KEPT}`,
    [leaseMs, limit],
  );
}

/** What is to be sent, with the message as it is now. */
export interface WaitingDelivery {
  readonly id: number;
  readonly messageId: string;
  readonly type: WebhookEventName;
  readonly at: number;
  readonly message: MessageView;
}

/** The oldest that wait. A delivery holds no text, so that no text that was deleted is ever sent, or stays behind here. */
export async function readWaiting(on: Queryable, webhookId: string, limit: number): Promise<WaitingDelivery[]> {
  const rows = await query<MessageRow & Omit<WaitingDelivery, 'id' | 'message'> & { deliveryId: number }>(
    on,
    `SELECT d.id AS "deliveryId", d.message_id AS "messageId", d.type, d.created_at AS at, ${MESSAGE_COLUMNS}
       FROM webhook_deliveries d JOIN messages m ON m.channel_id = d.channel_id AND m.seq = d.seq
      WHERE d.webhook_id = $1 AND d.state = 'waiting' ORDER BY d.id LIMIT $2`,
    [webhookId, limit],
  );
  return rows.map(({ deliveryId: id, messageId, type, at, ...row }) => ({
    id,
    messageId,
    type,
    at,
    message: messageView(row),
  }));
}

export async function markDelivered(on: Queryable, id: number, status: number): Promise<void> {
  await query(
    on,
    `UPDATE webhook_deliveries SET state = 'delivered', attempts = attempts + 1, status = $2, error = NULL, delivered_at = now()
      WHERE id = $1`,
    [id, status],
  );
}

export async function markFailed(on: Queryable, id: number, status: number | null, error: string): Promise<void> {
  await query(on, 'UPDATE webhook_deliveries SET attempts = attempts + 1, status = $2, error = $3 WHERE id = $1', [
    id,
    status,
    error,
  ]);
}

/** Gives a webhook back, to be tried again after a while; `dead`: not before an operator says so. */
export async function releaseWebhook(
  on: Queryable,
  id: string,
  outcome: { failures: number; waitMs: number; error: string | null; isDead: boolean },
): Promise<void> {
  await query(
    on,
    `UPDATE webhooks w SET lease_until = '-infinity', failures = $2, next_try_at = now() + $3 * interval '1 millisecond',
            last_error = $4, state = CASE WHEN $5 AND state = 'active' THEN 'dead' ELSE state END WHERE id = $1`,
    [id, outcome.failures, outcome.waitMs, outcome.error, outcome.isDead],
  );
}

/** Forgets what was delivered before a time. */
export async function forgetDelivered(on: Queryable, beforeMs: number): Promise<void> {
  await query(on, "DELETE FROM webhook_deliveries WHERE state = 'delivered' AND delivered_at < $1", [
    new Date(beforeMs),
  ]);
}
