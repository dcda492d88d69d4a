import type { BlockList } from 'node:net';
import { record } from '../audit/audit.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import {
  forgetDelivered,
  type LeasedWebhook,
  leaseWebhooks,
  markDelivered,
  markFailed,
  readWaiting,
  releaseWebhook,
  type WaitingDelivery,
} from './delivery-store.ts';
import { isKept, UNKEPT } from './keeper.ts';
import { postOutside } from './outside-post.ts';
import { signedHeaders } from './signature.ts';

/** Waits after the first, second … failure in a row; with some share added by chance. Together about two days. */
const BACK_OFF_MS = [
  5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 43_200_000, 86_400_000,
];
/** After so many failures in a row the webhook is dead until an operator looks at it. */
export const MAX_FAILURES = BACK_OFF_MS.length + 1;
/** A node that dies while it sends holds a webhook up for this long. It covers a batch of answers that never come. */
const LEASE_MS = 180_000;
const BATCH = 15;
/** Webhooks served side by side: one that is slow keeps no other waiting. */
const SIDE_BY_SIDE = 8;
const MAX_RETRY_AFTER_MS = 86_400_000;
/** How often it is asked whether a webhook that may not be told for now may be again. */
const HELD_MS = 60_000;
const KEPT_MS = 7 * 86_400_000;
const FORGET_MS = 3_600_000;

export interface WebhookSenderPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly allowed: BlockList;
  readonly version: string;
  random(): number;
  /** A webhook has failed too often and is not tried any more. */
  onDead(id: string, error: string): void;
  onAttempt?(outcome: 'delivered' | 'failed'): void;
}

/**
 * Sends what waits, one after the other for each webhook, so that its order is that of the channels' changes. Told at
 * least once: the id in the headers is the same in every try.
 */
export class WebhookSender {
  readonly #ports: WebhookSenderPorts;
  #forgottenAt = Number.NEGATIVE_INFINITY;

  constructor(ports: WebhookSenderPorts) {
    this.#ports = ports;
  }

  /** Sends what is due now; true when something was sent, so that more may be due. */
  async send(): Promise<boolean> {
    const { db, clock } = this.#ports;
    const leased = await leaseWebhooks(db, LEASE_MS, SIDE_BY_SIDE);
    const sent = await Promise.all(leased.map((hook) => this.#serve(hook)));
    if (clock.monotonic() - this.#forgottenAt > FORGET_MS) {
      this.#forgottenAt = clock.monotonic();
      await forgetDelivered(db, clock.now() - KEPT_MS);
    }
    return sent.some(Boolean);
  }

  async #serve(hook: LeasedWebhook): Promise<boolean> {
    const { db } = this.#ports;
    const waiting = await readWaiting(db, hook.id, BATCH);
    if (!(await isKept(db, hook))) {
      await releaseWebhook(db, hook.id, { failures: hook.failures, waitMs: HELD_MS, error: UNKEPT, isDead: false });
      return false;
    }
    for (const delivery of waiting) {
      const { status, error, waitMs } = await this.#post(hook, delivery);
      this.#ports.onAttempt?.(error === null ? 'delivered' : 'failed');
      if (error !== null) {
        await markFailed(db, delivery.id, status, error);
        await this.#failed(hook, status, error, waitMs);
        return false;
      }
      await markDelivered(db, delivery.id, status ?? 0);
    }
    await releaseWebhook(db, hook.id, { failures: 0, waitMs: 0, error: null, isDead: false });
    return true;
  }

  async #post(hook: LeasedWebhook, delivery: WaitingDelivery) {
    const { clock, version, allowed } = this.#ports;
    const body = bodyOf(delivery);
    const headers = {
      'content-type': 'application/json',
      'user-agent': `Parley/${version}`,
      ...signedHeaders(hook.secret, { messageId: delivery.messageId, body }, clock.now()),
    };
    try {
      const { status, retryAfterMs } = await postOutside({ url: hook.url, headers, body, allowed });
      const isTaken = status >= 200 && status < 300;
      return { status, error: isTaken ? null : `answered with ${status}`, waitMs: retryAfterMs };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { status: null, error: reason.slice(0, 200) || 'no connection', waitMs: 0 };
    }
  }

  async #failed(hook: LeasedWebhook, status: number | null, error: string, wishedMs: number): Promise<void> {
    const { db } = this.#ports;
    const failures = hook.failures + 1;
    // `410 Gone` says that nobody is there any more.
    const isDead = status === 410 || failures >= MAX_FAILURES;
    const backOffMs = BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length) - 1] ?? 0;
    const waitMs = Math.max(Math.min(wishedMs, MAX_RETRY_AFTER_MS), backOffMs * (1 + this.#ports.random() * 0.2));
    await db.transaction().execute(async (tx) => {
      await releaseWebhook(tx, hook.id, { failures, waitMs, error, isDead });
      const details = { error, failures };
      if (isDead) await record(tx, { actorId: null, action: 'webhook.dead', target: hook.id, details });
    });
    if (isDead) this.#ports.onDead(hook.id, error);
  }
}

function bodyOf({ type, at, message }: WaitingDelivery): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: { message } });
}
