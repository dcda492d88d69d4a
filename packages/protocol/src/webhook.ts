import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { channelId, cursor, plainId, timeMs, userId } from './scalars.ts';
import { lineSchema } from './text.ts';
import { nothing } from './user.ts';

/** What outgoing webhooks tell; each event carries the message as it is when it is told. */
export const WEBHOOK_EVENTS = ['message.created', 'message.updated', 'message.deleted'] as const;
export type WebhookEventName = (typeof WEBHOOK_EVENTS)[number];

export const webhookView = z
  .strictObject({
    id: plainId,
    kind: z.enum(['incoming', 'outgoing']),
    name: z.string(),
    channelId: channelId.nullable().meta({ description: 'Null: all public channels.' }),
    state: z
      .enum(['active', 'paused', 'dead'])
      .meta({ description: '`dead`: it failed too often; activate it again.' }),
    url: z.string().nullable().meta({ description: 'Where an outgoing one is told.' }),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    botId: userId.nullable().meta({ description: 'The bot that an incoming one speaks as.' }),
    waiting: z.int().min(0).meta({ description: 'Deliveries that are still to be made.' }),
    lastError: z.string().nullable(),
    createdAt: timeMs,
    createdBy: userId.nullable(),
  })
  .meta({ id: 'Webhook' });
export type WebhookView = z.infer<typeof webhookView>;

export const webhookDelivery = z
  .strictObject({
    id: z.int(),
    messageId: z.string().meta({ description: 'The `webhook-id` header, the same in every try.' }),
    type: z.enum(WEBHOOK_EVENTS),
    state: z.enum(['waiting', 'delivered']),
    attempts: z.int().min(0),
    status: z.int().nullable().meta({ description: 'HTTP status of the last answer.' }),
    error: z.string().nullable(),
    createdAt: timeMs,
    deliveredAt: timeMs.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export type WebhookDeliveryView = z.infer<typeof webhookDelivery>;

const name = lineSchema(LIMITS.nameCodePoints);
const url = z.url({ protocol: /^https?$/ }).max(2_000);
const events = z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length);

export const webhookOperations = {
  'webhook.list': operation('webhook.list', {
    summary: 'All webhooks, without their secrets (server admins).',
    rest: 'GET /webhooks',
    scope: 'admin',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ webhooks: z.array(webhookView) }),
  }),
  'webhook.create': operation('webhook.create', {
    summary: 'Makes a webhook; its secret, or the address to post to, is in this answer only (server admins).',
    rest: 'POST /webhooks',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({
      kind: z.enum(['incoming', 'outgoing']),
      name,
      channelId: channelId
        .optional()
        .meta({ description: 'Incoming ones need it; outgoing: all public ones without.' }),
      url: url.optional().meta({ description: 'Outgoing ones need it.' }),
      events: events.optional(),
    }),
    output: z.strictObject({
      webhook: webhookView,
      secret: z
        .string()
        .nullable()
        .meta({ description: 'Of an outgoing one: signs what is sent, as Standard Webhooks.' }),
      path: z.string().nullable().meta({ description: 'Of an incoming one: below the address of this server.' }),
    }),
  }),
  'webhook.update': operation('webhook.update', {
    summary: 'Renames, pauses or activates a webhook, or tells it elsewhere (server admins).',
    rest: 'PATCH /webhooks/:webhookId',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({
      webhookId: plainId,
      name: name.optional(),
      url: url.optional(),
      state: z.enum(['active', 'paused']).optional(),
    }),
    output: webhookView,
  }),
  'webhook.delete': operation('webhook.delete', {
    summary: 'Ends a webhook (server admins).',
    rest: 'DELETE /webhooks/:webhookId',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ webhookId: plainId }),
    output: nothing,
  }),
  'webhook.deliveries': operation('webhook.deliveries', {
    summary: 'What an outgoing webhook was told, newest first (server admins).',
    rest: 'GET /webhooks/:webhookId/deliveries',
    scope: 'admin',
    policy: 'read',
    input: z.strictObject({
      webhookId: plainId,
      cursor: cursor.optional(),
      limit: z.coerce.number().int().min(1).max(LIMITS.pageItems).default(50),
    }),
    output: z.strictObject({ deliveries: z.array(webhookDelivery), nextCursor: z.string().nullable() }),
  }),
  'webhook.replay': operation('webhook.replay', {
    summary: 'Tells an outgoing webhook again what it was told from a delivery on (server admins).',
    rest: 'POST /webhooks/:webhookId/replay',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ webhookId: plainId, from: z.int().min(0) }),
    output: z.strictObject({ count: z.int().min(0) }),
  }),
};
