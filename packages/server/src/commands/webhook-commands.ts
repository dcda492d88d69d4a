import type { Actor } from '../users/actor.ts';
import type { Operators } from '../users/operators.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { Handlers } from './handler.ts';

export interface WebhookRooms {
  readonly operators: Operators;
  readonly webhooks: Webhooks;
}

type WebhookNames =
  | 'webhook.list'
  | 'webhook.create'
  | 'webhook.update'
  | 'webhook.delete'
  | 'webhook.deliveries'
  | 'webhook.replay';

/** What operators do with webhooks. */
export function webhookHandlers({ operators, webhooks }: WebhookRooms): Pick<Handlers, WebhookNames> {
  const ordererOf = async ({ userId, address }: Actor, task: string) => {
    await operators.demand(userId, task);
    return { userId, address };
  };
  return {
    'webhook.list': async (_input, { actor }) => {
      await ordererOf(actor, 'list webhooks');
      return { webhooks: await webhooks.list() };
    },
    'webhook.create': async (input, { actor }) => webhooks.create(await ordererOf(actor, 'make the webhook'), input),
    'webhook.update': async (input, { actor }) => webhooks.update(await ordererOf(actor, 'change the webhook'), input),
    'webhook.delete': async ({ webhookId }, { actor }) => {
      await webhooks.delete(await ordererOf(actor, 'end the webhook'), webhookId);
      return {};
    },
    'webhook.deliveries': async (input, { actor }) => {
      await ordererOf(actor, 'read what the webhook was told');
      return webhooks.deliveries(input);
    },
    'webhook.replay': async ({ webhookId, from }, { actor }) => ({
      count: await webhooks.replay(await ordererOf(actor, 'tell the webhook again'), webhookId, from),
    }),
  };
}
