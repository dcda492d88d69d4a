import { makeUuid, type WebhookEventName } from '@parley/protocol';
import type { Database } from '../storage/postgres.ts';
import {
  type FedMessage,
  type FedWebhook,
  type FeedRange,
  insertDeliveries,
  listFed,
  lockFeed,
  markHeld,
  moveCursors,
  type NewDelivery,
  readFeed,
  readFeedBacklog,
} from './feed-store.ts';
import { isKept, UNKEPT } from './keeper.ts';

/** Deliveries that may wait for one webhook; what comes after stays in its cursors, which cost nothing. */
const MAX_WAITING = 1_000;
const MAX_CHANNELS = 50;
/** Revs of one channel in one transaction. */
const MAX_REVS = 200;

/**
 * Turns what was committed into deliveries. A webhook's cursors and the channels' revs say what it was not told, and both
 * move in one transaction with the deliveries: nothing that is committed is missed, and nothing else is ever told. A
 * message that changes several times before it is noted is told once. A delivery names its message and holds nothing of it.
 */
export class WebhookFeeder {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Feeds every webhook once; true when something is left to feed. */
  async feed(): Promise<boolean> {
    let isMore = false;
    for (const hook of await listFed(this.#db, MAX_WAITING)) isMore = (await this.#feedOne(hook)) || isMore;
    return isMore;
  }

  #feedOne(hook: FedWebhook): Promise<boolean> {
    return this.#db.transaction().execute(async (tx) => {
      if (!(await lockFeed(tx, hook.id))) return false;
      const backlog = await readFeedBacklog(tx, hook, MAX_CHANNELS);
      if (backlog.length > 0 && !(await isKept(tx, hook))) {
        // Its cursors stay: whoever made it may be let in again.
        await markHeld(tx, hook.id, UNKEPT);
        return false;
      }
      let isMore = backlog.length === MAX_CHANNELS;
      for (const whole of backlog) {
        const range: FeedRange = { ...whole, to: Math.min(whole.to, whole.from + MAX_REVS) };
        isMore ||= range.to < whole.to;
        const fed = await readFeed(tx, hook.id, range);
        const deliveries = fed.flatMap((one) => deliveryOf(hook, one));
        if (deliveries.length > 0) await insertDeliveries(tx, hook.id, deliveries);
        await moveCursors(tx, hook.id, range, fed);
      }
      return isMore;
    });
  }
}

function deliveryOf(hook: FedWebhook, message: FedMessage): NewDelivery[] {
  const type = typeOf(message);
  return hook.events.includes(type) ? [{ messageId: `msg_${makeUuid()}`, type, message }] : [];
}

function typeOf({ isNew, isDeleted }: FedMessage): WebhookEventName {
  if (isDeleted) return 'message.deleted';
  return isNew ? 'message.created' : 'message.updated';
}
