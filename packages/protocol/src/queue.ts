import { z } from 'zod';
import { operation } from './operation.ts';
import { channelId, messageId, timeMs, userId } from './scalars.ts';
import { nothing } from './user.ts';

export const queueNode = z
  .strictObject({
    node: z.string(),
    depth: z.int().min(0).meta({ description: 'Sends that wait or are being written.' }),
    oldestAgeMs: z.number().min(0).meta({ description: 'How long the oldest of them has waited.' }),
  })
  .meta({
    id: 'QueueNode',
    description: 'One server process: the one that answers as it is now, others at most in their last ten seconds.',
  });
export type QueueNode = z.infer<typeof queueNode>;

export const parkedSend = z
  .strictObject({
    id: z.string().meta({ description: 'Names it for `queue.retry` and `queue.drop`.' }),
    at: timeMs.meta({ description: 'When it was set aside.' }),
    reason: z.string().meta({ description: 'Why; nothing that a user wrote.' }),
    isReadable: z.boolean().meta({ description: 'False: it can only be dropped.' }),
    channelId: channelId.nullable(),
    senderId: userId.nullable(),
    messageId: messageId.nullable(),
  })
  .meta({ id: 'ParkedSend', description: 'A send that was set aside; its text is told at the command line alone.' });
export type ParkedSend = z.infer<typeof parkedSend>;

const id = z
  .string()
  .regex(/^\d{1,20}-\d{1,20}$/)
  .meta({ description: 'As `queue.list` tells it.' });

export const queueOperations = {
  'queue.list': operation('queue.list', {
    summary: 'How much waits to be stored, and the sends that were set aside, oldest first (server admins).',
    rest: 'GET /queue',
    scope: 'admin',
    policy: 'read',
    input: nothing,
    output: z.strictObject({
      maxSize: z.int().min(1).meta({ description: 'Above this many a node answers `busy`.' }),
      nodes: z.array(queueNode),
      isKept: z.boolean().meta({ description: 'False without Redis: what is set aside is in the log alone.' }),
      parked: z.array(parkedSend).nullable().meta({ description: 'Null while Redis is away: it is not known.' }),
    }),
  }),
  'queue.retry': operation('queue.retry', {
    summary: 'Puts a send that was set aside into the queue again; it is stored at most once (server admins).',
    rest: 'POST /queue/:id/retry',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ id }),
    output: nothing,
  }),
  'queue.drop': operation('queue.drop', {
    summary: 'Throws a send that was set aside away (server admins).',
    rest: 'DELETE /queue/:id',
    scope: 'admin',
    policy: 'change',
    input: z.strictObject({ id }),
    output: nothing,
  }),
};
