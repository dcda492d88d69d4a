import type { AttachmentView, InputOf, Sent } from '@parley/protocol';
import type { Attachments } from '../attachments/attachments.ts';
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
  readonly attachments: Pick<Attachments, 'claim'>;
  readonly clock: Clock;
}

/**
 * Authorises, shapes and enqueues a message; answers when it is committed. Where all that is needed is at hand the message
 * is in the queue when the handler returns; else later sends of the same socket wait, so that none overtakes another.
 */
export function sendMessage(rooms: SendMessageRooms): Handler<'message.send'> {
  return (input, context) => {
    const access = rooms.access.known(context.actor.userId, input.channelId);
    if (access !== undefined && input.attachments === undefined) {
      const allowed = demandSend(access, input);
      const mentions = rooms.mentions.resolve(allowed, input.body);
      if (!(mentions instanceof Promise)) return enqueue(rooms, allowed, input, { mentions, files: null });
      return inTurn(context.subscriber, mentions).then((found) =>
        enqueue(rooms, allowed, input, { mentions: found, files: null }),
      );
    }
    return inTurn(context.subscriber, prepare(rooms, input, context)).then(([allowed, carried]) =>
      enqueue(rooms, allowed, input, carried),
    );
  };
}

/** What a message takes along besides its text. */
interface Carried {
  readonly mentions: Mentions | null;
  readonly files: readonly AttachmentView[] | null;
}

async function prepare(
  rooms: SendMessageRooms,
  input: InputOf<'message.send'>,
  context: CommandContext,
): Promise<[Access, Carried]> {
  const access = await rooms.access.read(context.actor.userId, input.channelId);
  const mentions = await rooms.mentions.resolve(demandSend(access, input), input.body);
  const { channelId, id, attachments } = input;
  const claim = { userId: context.actor.userId, channelId, messageId: id };
  return [
    access,
    { mentions, files: attachments === undefined ? null : await rooms.attachments.claim(claim, attachments) },
  ];
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
  { mentions, files }: Carried,
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
        attachments: files,
        accessRev: access.root.accessRev,
        acceptedAt: rooms.clock.now(),
      },
      (outcome) => (outcome instanceof AppError ? reject(outcome) : resolve(outcome)),
    );
    if (refusal !== undefined) reject(refusal);
  });
}
