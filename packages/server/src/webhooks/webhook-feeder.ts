import { type MessageView, makeUuid, type WebhookEventName } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import {
  type FedMessage,
  type FedWebhook,
  type FeedRange,
  insertDeliveries,
  listFed,
  lockFeed,
  moveCursors,
  readFeed,
  readFeedBacklog,
} from './feed-store.ts';

/** Deliveries that may wait for one webhook; what comes after stays in its cursors, which cost nothing. */
const MAX_WAITING = 1_000;
const MAX_CHANNELS = 50;
/** Revs of one channel in one transaction. */
const MAX_REVS = 200;

export interface WebhookFeederPorts {
  readonly db: Database;
  readonly clock: Clock;
}

/**
 * Turns what was committed into deliveries. A webhook's cursors and the channels' revs say what it was not told, and both
 * move in one transaction with the deliveries: nothing that is committed is missed, and nothing else is ever told. A
 * message that changes several times before it is told is told once, as it is then.
 */
export class WebhookFeeder {
  readonly #ports: WebhookFeederPorts;

  constructor(ports: WebhookFeederPorts) {
    this.#ports = ports;
  }

  /** Feeds every webhook once; true when something is left to feed. */
  async feed(): Promise<boolean> {
    let isMore = false;
    for (const hook of await listFed(this.#ports.db, MAX_WAITING)) isMore = (await this.#feedOne(hook)) || isMore;
    return isMore;
  }

  #feedOne(hook: FedWebhook): Promise<boolean> {
    return this.#ports.db.transaction().execute(async (tx) => {
      if (!(await lockFeed(tx, hook.id))) return false;
      const backlog = await readFeedBacklog(tx, hook, MAX_CHANNELS);
      let isMore = backlog.length === MAX_CHANNELS;
      for (const whole of backlog) {
        const range: FeedRange = { ...whole, to: Math.min(whole.to, whole.from + MAX_REVS) };
        isMore ||= range.to < whole.to;
        const fed = await readFeed(tx, hook.id, range);
        const deliveries = fed.flatMap((one) => this.#deliveryOf(hook, one));
        if (deliveries.length > 0) await insertDeliveries(tx, hook.id, deliveries);
        await moveCursors(tx, hook.id, range, fed);
      }
      return isMore;
    });
  }

  #deliveryOf(hook: FedWebhook, { message, isNew }: FedMessage) {
    const type = typeOf(message, isNew);
    if (!hook.events.includes(type)) return [];
    const timestamp = new Date(this.#ports.clock.now()).toISOString();
    return [{ messageId: `msg_${makeUuid()}`, type, body: JSON.stringify({ type, timestamp, data: { message } }) }];
  }
}

function typeOf(message: MessageView, isNew: boolean): WebhookEventName {
  if (message.deletedAt !== undefined) return 'message.deleted';
  return isNew ? 'message.created' : 'message.updated';
}
