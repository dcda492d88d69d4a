import type { InputOf, Sent } from '@parley/protocol';
import type { AccessDirectory } from '../channels/access.ts';
import { type Access, demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { MentionResolver, Mentions } from '../messages/mentions.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { CommandContext, Handler } from './handler.ts';
import { inTurn } from './in-turn.ts';

export interface SendMessageRooms {
  readonly access: AccessDirectory;
  readonly queue: MessageQueue;
  readonly mentions: MentionResolver;
  readonly clock: Clock;
}

/**
 * Authorises, shapes and enqueues a message; answers when it is committed. Where all that is needed is at hand the message
 * is in the queue when the handler returns; else later sends of the same socket wait, so that none overtakes another.
 */
export function sendMessage(rooms: SendMessageRooms): Handler<'message.send'> {
  return (input, context) => {
    const access = rooms.access.known(context.actor.userId, input.channelId);
    if (access !== undefined) {
      const allowed = demandSend(access, input);
      const mentions = rooms.mentions.resolve(allowed, input.body);
      if (!(mentions instanceof Promise)) return enqueue(rooms, allowed, input, mentions);
      return inTurn(context.subscriber, mentions).then((found) => enqueue(rooms, allowed, input, found));
    }
    return inTurn(context.subscriber, prepare(rooms, input, context)).then(([allowed, mentions]) =>
      enqueue(rooms, allowed, input, mentions),
    );
  };
}

async function prepare(
  rooms: SendMessageRooms,
  input: InputOf<'message.send'>,
  context: CommandContext,
): Promise<[Access, Mentions | null]> {
  const access = await rooms.access.read(context.actor.userId, input.channelId);
  return [access, await rooms.mentions.resolve(demandSend(access, input), input.body)];
}

function demandSend(access: Access, input: InputOf<'message.send'>): Access {
  if (input.body === '' && input.attachments === undefined) {
    throw new AppError('bad_request', 'unable to send the message; it is empty', {
      issues: [{ path: 'body', message: 'must not be empty' }],
    });
  }
  if (input.attachments !== undefined) demand(access, 'message.attach');
  return demand(access, access.channel.kind === 'thread' ? 'thread.reply' : 'message.send');
}

function enqueue(
  rooms: SendMessageRooms,
  access: Access,
  input: InputOf<'message.send'>,
  mentions: Mentions | null,
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const refusal = rooms.queue.enqueue(
      {
        channelId: input.channelId,
        rootId: access.root.id,
        id: input.id,
        senderId: access.userId,
        body: input.body,
        replyTo: input.replyTo ?? null,
        mentions: mentions?.userIds ?? null,
        everyone: mentions?.everyone ?? null,
        attachments: input.attachments ?? null,
        accessRev: access.root.accessRev,
        acceptedAt: rooms.clock.now(),
      },
      (outcome) => (outcome instanceof AppError ? reject(outcome) : resolve(outcome)),
    );
    if (refusal !== undefined) reject(refusal);
  });
}
