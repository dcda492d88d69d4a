import type { AccessDirectory } from '../channels/access.ts';
import type { Delivery } from '../delivery/delivery.ts';
import type { Handlers } from './handler.ts';

export interface DeliveryRooms {
  readonly access: AccessDirectory;
  readonly delivery: Delivery;
}

type DeliveryHandlers = Pick<
  Handlers,
  'receipt.delivered' | 'receipt.read' | 'receipt.read_all' | 'receipt.unread' | 'receipt.list' | 'receipt.status'
>;

/**
 * The commands on receipts. Reports ask nobody: they are answered from memory, and where the reporter is not a member the
 * statement that stores them finds no row to move.
 */
export function deliveryHandlers({ access, delivery }: DeliveryRooms): DeliveryHandlers {
  return {
    'receipt.delivered': ({ cursors }, { actor }) => {
      delivery.report(actor.userId, 'delivered', cursors);
      return {};
    },
    'receipt.read': ({ cursors }, { actor }) => {
      delivery.report(actor.userId, 'read', cursors);
      return {};
    },
    'receipt.read_all': async (_input, { actor }) => {
      await delivery.readAll(actor.userId);
      return {};
    },
    'receipt.unread': async ({ channelId, seq }, { actor }) => {
      await delivery.markUnread(actor.userId, channelId, seq);
      return {};
    },
    'receipt.list': async ({ channelId }, { actor }) => delivery.list(await access.read(actor.userId, channelId)),
    'receipt.status': async ({ channelId, messageId }, { actor }) =>
      delivery.status(await access.read(actor.userId, channelId), messageId),
  };
}
