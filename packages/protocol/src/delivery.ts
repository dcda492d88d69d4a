import { z } from 'zod';
import { LIMITS } from './limits.ts';
import { operation } from './operation.ts';
import { channelId, messageId, seq, timeMs, userId } from './scalars.ts';
import { nothing } from './user.ts';

export const receiptView = z.strictObject({ userId, deliveredSeq: seq, readSeq: seq }).meta({
  id: 'Receipt',
  description: 'How far one member has got; both only ever rise, and readSeq <= deliveredSeq.',
});
export type ReceiptView = z.infer<typeof receiptView>;

export const deliveryStatus = z
  .strictObject({ messageId, status: z.enum(['sent', 'delivered', 'read']), timestamp: timeMs })
  .meta({ id: 'DeliveryStatus' });
/** How far one message has got, as the mission names it. */
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

const reports = z.array(z.strictObject({ channelId, seq })).min(1).max(LIMITS.cursorReports);

export const deliveryOperations = {
  'receipt.delivered': operation('receipt.delivered', {
    summary: 'Says how far the caller’s device has taken messages; at most about one report a second.',
    rest: 'POST /me/delivered',
    scope: 'write',
    policy: 'signal',
    input: z.strictObject({ cursors: reports }),
    output: nothing,
  }),
  'receipt.read': operation('receipt.read', {
    summary: 'Says how far the caller has read; forward only.',
    rest: 'POST /me/read',
    scope: 'write',
    policy: 'signal',
    input: z.strictObject({ cursors: reports }),
    output: nothing,
  }),
  'receipt.read_all': operation('receipt.read_all', {
    summary: 'Marks everything read: all channels and followed threads, on all devices of the caller.',
    rest: 'POST /me/read-all',
    scope: 'write',
    policy: 'change',
    input: nothing,
    output: nothing,
  }),
  'receipt.unread': operation('receipt.unread', {
    summary: 'Marks a channel unread from a message on, for the caller alone: others keep seeing what was read.',
    rest: 'POST /channels/:channelId/unread',
    scope: 'write',
    policy: 'change',
    input: z.strictObject({ channelId, seq: z.int().min(1) }),
    output: nothing,
  }),
  'receipt.list': operation('receipt.list', {
    summary:
      'How far each member of a channel has got, as far as they show it (who hides it stands at readSeq 0); above 200 members only the caller’s own place.',
    rest: 'GET /channels/:channelId/receipts',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId }),
    output: z.strictObject({ receipts: z.array(receiptView), memberCount: z.int() }),
  }),
  'receipt.status': operation('receipt.status', {
    summary: 'How far one message has got, and who has read it.',
    rest: 'GET /channels/:channelId/messages/:messageId/status',
    scope: 'read',
    policy: 'read',
    input: z.strictObject({ channelId, messageId }),
    output: z.strictObject({
      status: deliveryStatus,
      members: z.int().meta({ description: 'Who could get it: all others who were members when it was sent.' }),
      delivered: z.int(),
      read: z.int(),
      readBy: z.array(userId).meta({ description: 'At most 50 of those who have read it and show it.' }),
      deliveredTo: z.array(userId).meta({ description: 'At most 50 of those who have it on a device.' }),
    }),
  }),
};
