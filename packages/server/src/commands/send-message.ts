import type { AttachmentView, InputOf, Sent } from '@parley/protocol';
import type { Attachments } from '../attachments/attachments.ts';
import type { AccessDirectory } from '../channels/access.ts';
import { type Access, decide, demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { History } from '../messages/history.ts';
import type { MentionResolver, Mentions } from '../messages/mentions.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import type { CommandContext, Handler } from './handler.ts';
import { inTurn } from './in-turn.ts';

export interface SendMessageRooms {
  readonly access: AccessDirectory;
  readonly queue: MessageQueue;
  readonly mentions: MentionResolver;
  readonly attachments: Pick<Attachments, 'claim'>;
  readonly history: Pick<History, 'sent'>;
  readonly clock: Clock;
}

/**
 * Authorises, shapes and enqueues a message; answers when it is committed. Where all that is needed is at hand the message
 * is in the queue when the handler returns; else later sends of the same socket wait, so that none overtakes another.
 */
export function sendMessage(rooms: SendMessageRooms): Handler<'message.send'> {
  return (input, context) => {
    demandContent(input);
    const access = rooms.access.known(context.actor.userId, input.channelId);
    if (access !== undefined && input.attachments === undefined && maySend(access)) {
      const mentions = rooms.mentions.resolve(access, input.body);
      if (!(mentions instanceof Promise)) return enqueue(rooms, access, input, { mentions, files: null });
      return inTurn(context.subscriber, mentions).then((found) =>
        enqueue(rooms, access, input, { mentions: found, files: null }),
      );
    }
    return inTurn(context.subscriber, prepare(rooms, input, context)).then(
      ([allowed, carried]) => enqueue(rooms, allowed, input, carried),
      (refusal: unknown) => firstResult(rooms, input, context, refusal),
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
  const { channelId, id, attachments } = input;
  const access = await rooms.access.read(context.actor.userId, channelId);
  if (attachments !== undefined) demand(access, 'message.attach');
  const mentions = await rooms.mentions.resolve(demand(access, actionOf(access)), input.body);
  const claim = { userId: context.actor.userId, channelId, messageId: id };
  return [
    access,
    { mentions, files: attachments === undefined ? null : await rooms.attachments.claim(claim, attachments) },
  ];
}

/**
 * A message that is stored is refused to nobody who sent it: what made the repeat impossible (its sender was removed, the channel
 * archived, the message deleted with its files) may have come after it. Looked for only now, since most sends are no repeats. The
 * event needs no second telling: what came after it is told with a higher rev.
 */
async function firstResult(
  { history }: SendMessageRooms,
  { channelId, id }: InputOf<'message.send'>,
  { actor }: CommandContext,
  refusal: unknown,
): Promise<Sent> {
  const sent =
    refusal instanceof AppError ? await history.sent({ userId: actor.userId, channelId, messageId: id }) : null;
  if (sent === null) throw refusal;
  return sent;
}

function demandContent({ body, attachments }: InputOf<'message.send'>): void {
  if (body !== '' || attachments !== undefined) return;
  throw new AppError('bad_request', 'unable to send the message; it is empty', {
    issues: [{ path: 'body', message: 'must not be empty' }],
  });
}

function actionOf(access: Access): 'thread.reply' | 'message.send' {
  return access.channel.kind === 'thread' ? 'thread.reply' : 'message.send';
}

function maySend(access: Access): boolean {
  return !(decide(access, actionOf(access)) instanceof AppError);
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
