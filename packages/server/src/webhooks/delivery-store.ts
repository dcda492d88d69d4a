import { type Database, type Queryable, query } from '../storage/postgres.ts';

/** An outgoing webhook that this node may send to until its lease ends. */
export interface LeasedWebhook {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly failures: number;
}

/** Takes webhooks that have something to send now; no other node takes them until the lease ends. */
export function leaseWebhooks(db: Database, leaseMs: number, limit: number): Promise<LeasedWebhook[]> {
  return query<LeasedWebhook>(
    db,
    `UPDATE webhooks SET lease_until = now() + $1 * interval '1 millisecond'
      WHERE id IN (SELECT w.id FROM webhooks w
                    WHERE w.kind = 'outgoing' AND w.state = 'active' AND w.next_try_at <= now() AND w.lease_until < now()
                      AND EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting')
                    ORDER BY w.next_try_at LIMIT $2 FOR UPDATE SKIP LOCKED)
     RETURNING id, url, secret, failures`,
    [leaseMs, limit],
  );
}

export interface WaitingDelivery {
  readonly id: number;
  readonly messageId: string;
  readonly body: string;
}

export function readWaiting(on: Queryable, webhookId: string, limit: number): Promise<WaitingDelivery[]> {
  return query<WaitingDelivery>(
    on,
    `SELECT id, message_id AS "messageId", body FROM webhook_deliveries
      WHERE webhook_id = $1 AND state = 'waiting' ORDER BY id LIMIT $2`,
    [webhookId, limit],
  );
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
    `UPDATE webhooks SET lease_until = '-infinity', failures = $2, next_try_at = now() + $3 * interval '1 millisecond',
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
