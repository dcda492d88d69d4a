import { createHash, randomBytes } from 'node:crypto';
import type { BlockList } from 'node:net';
import {
  type ChannelId,
  type InputOf,
  makeUuid,
  type OutputOf,
  type UserId,
  WEBHOOK_EVENTS,
  type WebhookDeliveryView,
  type WebhookView,
} from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { accessOf } from '../channels/granted.ts';
import type { Members } from '../channels/members.ts';
import { demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { makeCursor, readIdCursor } from '../lib/cursor.ts';
import { type Database, type Queryable, query, type Tx } from '../storage/postgres.ts';
import { insertUser } from '../users/user-store.ts';
import { leadsInside } from './outside-post.ts';
import { makeSigningSecret } from './signature.ts';
import {
  deleteWebhook,
  findIncoming,
  findWebhook,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  placeCursors,
  replayDeliveries,
  updateWebhook,
} from './webhook-store.ts';

/** One server has this many at most: each is looked at twice a second. */
const MAX_WEBHOOKS = 200;
/** Where incoming webhooks are posted to, below the address of the server. */
export const HOOKS_PATH = '/hooks';

/** Who orders a change: an operator, or whoever is at the command line. */
export interface WebhookOrderer {
  readonly userId: UserId | null;
  readonly address: string | null;
}

/** The webhooks as operators make and end them. Whether somebody is one is decided before. */
export class Webhooks {
  readonly #db: Database;
  readonly #members: Pick<Members, 'join' | 'invite'>;
  readonly #allowed: BlockList;

  /** `allowed`: inside addresses that outgoing webhooks may reach all the same. */
  constructor(db: Database, members: Pick<Members, 'join' | 'invite'>, allowed: BlockList) {
    this.#db = db;
    this.#members = members;
    this.#allowed = allowed;
  }

  list(): Promise<WebhookView[]> {
    return listWebhooks(this.#db);
  }

  async create(by: WebhookOrderer, input: InputOf<'webhook.create'>): Promise<OutputOf<'webhook.create'>> {
    const isPublic = input.channelId === undefined || (await this.#demandChannel(this.#db, by, input.channelId));
    if ((await this.list()).length >= MAX_WEBHOOKS) {
      throw new AppError('conflict', `unable to make the webhook; there are at most ${MAX_WEBHOOKS}`);
    }
    return input.kind === 'outgoing' ? this.#createOutgoing(by, input) : this.#createIncoming(by, input, isPublic);
  }

  async update(by: WebhookOrderer, { webhookId, ...changes }: InputOf<'webhook.update'>): Promise<WebhookView> {
    return this.#db.transaction().execute(async (tx) => {
      const hook = await demandWebhook(tx, webhookId);
      if (changes.url !== undefined && hook.kind === 'incoming') throw wrong('url', 'is for outgoing webhooks');
      if (changes.url !== undefined) this.#demandOutside(changes.url);
      // Whoever may stop a webhook need not be one who may have its channel told somewhere.
      if (changes.url !== undefined || changes.state === 'active') await this.#demandChannelOf(tx, by, hook);
      await updateWebhook(tx, webhookId, changes);
      const fields = Object.keys(changes).filter((field) => changes[field as keyof typeof changes] !== undefined);
      await this.#record(tx, by, 'webhook.updated', webhookId, { fields, state: changes.state ?? hook.state });
      return demandWebhook(tx, webhookId);
    });
  }

  /** Ends a webhook; the bot of an incoming one stays as the author of what it said, and can do nothing any more. */
  async delete(by: WebhookOrderer, webhookId: string): Promise<void> {
    await this.#db.transaction().execute(async (tx) => {
      const { botId } = await demandWebhook(tx, webhookId);
      await deleteWebhook(tx, webhookId);
      if (botId !== null) await query(tx, 'UPDATE users SET deactivated_at = now() WHERE id = $1', [botId]);
      await this.#record(tx, by, 'webhook.deleted', webhookId, {});
    });
  }

  /** A page of what an outgoing webhook was told, newest first. */
  async deliveries({ webhookId, cursor, limit }: InputOf<'webhook.deliveries'>) {
    await demandWebhook(this.#db, webhookId);
    const list = `deliveries ${webhookId}`;
    const below = readIdCursor(list, cursor);
    const rows: WebhookDeliveryView[] = await listDeliveries(this.#db, webhookId, below, limit + 1);
    const deliveries = rows.slice(0, limit);
    const last = deliveries.at(-1);
    const nextCursor = rows.length > limit && last !== undefined ? makeCursor(list, [`${last.id}`]) : null;
    return { deliveries, nextCursor };
  }

  /** Tells again what was told from a delivery on, under the same ids and in the same order. */
  replay(by: WebhookOrderer, webhookId: string, from: number): Promise<number> {
    return this.#db.transaction().execute(async (tx) => {
      await this.#demandChannelOf(tx, by, await demandWebhook(tx, webhookId));
      const count = await replayDeliveries(tx, webhookId, from);
      await this.#record(tx, by, 'webhook.replayed', webhookId, { from, count });
      return count;
    });
  }

  /** Whom the address of an incoming webhook stands for; null when it is none, or was changed by a hair. */
  async findIncoming(id: string, secret: string) {
    return /^[0-9a-f-]{36}$/.test(id) ? findIncoming(this.#db, id, hashOf(secret)) : null;
  }

  async #createOutgoing(by: WebhookOrderer, { name, channelId, url, events }: InputOf<'webhook.create'>) {
    if (url === undefined) throw wrong('url', 'is needed for outgoing webhooks');
    this.#demandOutside(url);
    const id = makeUuid();
    const secret = makeSigningSecret();
    const webhook = await this.#db.transaction().execute(async (tx) => {
      await insertWebhook(tx, {
        id,
        kind: 'outgoing',
        name,
        channelId: channelId ?? null,
        url,
        events: events ?? WEBHOOK_EVENTS,
        secret,
        botId: null,
        createdBy: by.userId,
      });
      await placeCursors(tx, id, channelId ?? null);
      await this.#record(tx, by, 'webhook.created', id, { kind: 'outgoing', host: new URL(url).host });
      return demandWebhook(tx, id);
    });
    return { webhook, secret, path: null };
  }

  #demandOutside(url: string): void {
    if (leadsInside(url, this.#allowed)) throw wrong('url', 'leads inside, where PARLEY_WEBHOOK_RANGES allows nothing');
  }

  async #createIncoming(by: WebhookOrderer, { name, channelId }: InputOf<'webhook.create'>, isPublic: boolean) {
    if (channelId === undefined) throw wrong('channelId', 'is needed for incoming webhooks');
    const id = makeUuid();
    const secret = randomBytes(24).toString('base64url');
    const botId = await this.#db.transaction().execute(async (tx) => {
      const bot = await insertUser(tx, {
        id: makeUuid() as UserId,
        username: `hook-${randomBytes(5).toString('hex')}`,
        displayName: name,
        kind: 'bot',
        role: 'member',
        passwordHash: null,
        externalId: null,
      });
      return present(bot, 'the bot just made').id;
    });
    // Its joining is a change of the channel like any other, and takes its place in the channel's order.
    if (isPublic) await this.#members.join(botId, channelId);
    else await this.#members.invite(present(by.userId, 'who invites the bot'), channelId, [botId], by.address);
    const webhook = await this.#db.transaction().execute(async (tx) => {
      const hook = { id, kind: 'incoming' as const, name, channelId, url: null, events: [], botId };
      await insertWebhook(tx, { ...hook, secret: hashOf(secret), createdBy: by.userId });
      await this.#record(tx, by, 'webhook.created', id, { kind: 'incoming', channelId });
      return demandWebhook(tx, id);
    });
    return { webhook, secret: null, path: `${HOOKS_PATH}/${id}/${secret}` };
  }

  /** A private channel is opened to a webhook only by those who may change it; true for a public one. */
  async #demandChannel(on: Queryable, { userId }: WebhookOrderer, channelId: ChannelId): Promise<boolean> {
    const rows = await query<{ kind: string }>(on, 'SELECT kind FROM channels WHERE id = $1', [channelId]);
    const kind = rows[0]?.kind;
    if (kind === 'public') return true;
    if (kind === 'private' && userId !== null) {
      demand(await accessOf(on, userId, channelId), 'channel.update');
      return false;
    }
    throw new AppError('not_found', 'unable to find the channel; there is none with this id that can have a webhook');
  }

  async #demandChannelOf(tx: Tx, by: WebhookOrderer, { channelId }: WebhookView): Promise<void> {
    if (channelId !== null) await this.#demandChannel(tx, by, channelId);
  }

  async #record(tx: Tx, by: WebhookOrderer, action: string, target: string, details: Details): Promise<void> {
    await record(tx, { actorId: by.userId, action, target, details, address: by.address });
  }
}

type Details = Readonly<Record<string, string | number | readonly string[]>>;

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

async function demandWebhook(on: Database | Tx, id: string): Promise<WebhookView> {
  const hook = await findWebhook(on, id);
  if (hook === null) throw new AppError('not_found', 'unable to find the webhook; there is none with this id');
  return hook;
}

function wrong(path: string, message: string): AppError {
  return new AppError('bad_request', `unable to do this to the webhook; ${path} ${message}`, {
    issues: [{ path, message }],
  });
}
