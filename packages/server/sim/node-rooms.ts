import type { UserId, UserView } from '@parley/protocol';
import { ChannelChanges } from '../src/channels/channel-changes.ts';
import { ChannelCreation } from '../src/channels/channel-creation.ts';
import { ChannelReader } from '../src/channels/channel-reader.ts';
import { Members } from '../src/channels/members.ts';
import { channelHandlers } from '../src/commands/channel-commands.ts';
import type { Actor, Handlers } from '../src/commands/handler.ts';
import { memberHandlers } from '../src/commands/member-commands.ts';
import { messageHandlers } from '../src/commands/message-commands.ts';
import { presenceHandlers } from '../src/commands/presence-commands.ts';
import { sendMessage } from '../src/commands/send-message.ts';
import { syncHandlers } from '../src/commands/sync-commands.ts';
import type { Subscriber } from '../src/hub/subscriber.ts';
import { AppError } from '../src/lib/app-error.ts';
import type { Clock } from '../src/lib/clock.ts';
import { History } from '../src/messages/history.ts';
import { MentionResolver } from '../src/messages/mentions.ts';
import { MessageChanges } from '../src/messages/message-changes.ts';
import type { NodeRooms } from '../src/node-ports.ts';
import { encodeFrame } from '../src/outbox/frame.ts';
import { PresenceRoom } from '../src/presence/presence-room.ts';
import { RedisPresenceStore } from '../src/presence/redis-presence-store.ts';
import { Typing } from '../src/presence/typing.ts';
import { type Database, query } from '../src/storage/postgres.ts';
import type { RedisLink } from '../src/storage/redis.ts';

/** The rooms of a node that live beside its road. */
export interface SideRooms {
  readonly presence: PresenceRoom<Subscriber>;
  readonly typing: Typing;
}

/** Presence as `state.ts` builds it. */
export function buildSideRooms(
  parts: { readonly name: string; readonly db: Database; readonly link: RedisLink; readonly clock: Clock },
  rooms: NodeRooms,
  onError: (error: unknown) => void,
): SideRooms {
  const { name, db, link, clock } = parts;
  const presence = new PresenceRoom<Subscriber>({
    db,
    store: new RedisPresenceStore(name, link),
    fanout: rooms.fanout,
    clock,
    tell: (subscribers, json) => {
      const frame = encodeFrame(json, true);
      return subscribers.filter((subscriber) => !subscriber.outbox.push(frame));
    },
    onError,
  });
  return { presence, typing: new Typing(rooms.fanout, clock) };
}

/** The commands that the simulated clients ask for; the rest has tests of its own. */
export function handlersOf(rooms: NodeRooms, side: SideRooms | null, onSend: (userId: UserId) => void): Handlers {
  const { db, changes, fanout, access } = rooms;
  const mentions = new MentionResolver(db);
  const members = new Members(changes);
  const channelReader = new ChannelReader(db, fanout);
  const nothing = () => ({});
  const history = new History(db, rooms.recent);
  const send = sendMessage({ ...rooms, mentions, history, attachments: { claim: () => Promise.resolve([]) } });
  const watchNobody = { 'presence.watch': () => ({ presence: [] }), 'presence.set': nothing };
  return {
    ...channelHandlers({
      members,
      channelReader,
      channelCreation: new ChannelCreation(db, fanout),
      channelChanges: new ChannelChanges(changes),
    }),
    ...memberHandlers({ members, channelReader }),
    ...messageHandlers({
      history,
      messageChanges: new MessageChanges(changes, mentions),
    }),
    ...syncHandlers(rooms),
    ...(side === null ? watchNobody : presenceHandlers({ access, ...side })),
    'message.send': ((input, context) => {
      // Past the limiter, which is what is counted here.
      onSend(context.actor.userId);
      return send(input, context);
    }) satisfies Handlers['message.send'],
    'receipt.delivered': nothing,
    'receipt.read': nothing,
  } as Partial<Handlers> as Handlers;
}

/** A token is the id of a user. */
export async function authenticate(db: Database, token: string): Promise<{ actor: Actor; user: UserView } | AppError> {
  const rows = await query<UserView>(
    db,
    `SELECT id, username, display_name AS "displayName", kind, role FROM users WHERE id = $1 AND deactivated_at IS NULL`,
    [token as UserId],
  );
  const user = rows[0];
  if (user === undefined) return new AppError('unauthenticated', 'unable to accept the token; it is unknown');
  return {
    user,
    actor: {
      userId: user.id,
      serverRole: user.role,
      kind: user.kind,
      credentialId: token,
      credential: 'local',
      scopes: null,
      address: '',
      expiresAt: null,
    },
  };
}
