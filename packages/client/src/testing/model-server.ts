import type {
  Changes,
  ChannelId,
  DownFrame,
  HelloFrame,
  MessageId,
  Resume,
  RevEvent,
  SessionId,
  SyncFrame,
  UserId,
  UserView,
} from '@parley/protocol';
import { makeUuid } from '@parley/protocol/constants';
import type { WebSocketClass } from '../socket.ts';
import type { FakeClock } from './fake-clock.ts';
import { ModelChannel } from './model-channel.ts';
import { ModelSocket } from './model-socket.ts';

/** What may go wrong, each with its probability. */
export interface Faults {
  /** An event is lost on a healthy socket. */
  loseEvent: number;
  doubleEvent: number;
  /** An event comes after the one behind it. */
  delayEvent: number;
  /** A command is done, and the socket lost before its answer. */
  loseAnswer: number;
  /** A send is refused for the moment. */
  busy: number;
  /** Changes hold more than the rev told with them: the messages were read a moment later. */
  staleRev: number;
}

/** A network and a server as they should be. */
export const NO_FAULTS: Faults = { loseEvent: 0, doubleEvent: 0, delayEvent: 0, loseAnswer: 0, busy: 0, staleRev: 0 };

/** A server small enough to be believed: it keeps channels in memory, speaks the protocol over fake sockets, and fails on request. */
export class ModelServer {
  readonly clock: FakeClock;
  readonly channels = new Map<ChannelId, ModelChannel>();
  readonly sockets = new Set<ModelSocket>();
  /** Every command that was taken, in order. */
  readonly commands: { readonly name: string; readonly input: Record<string, unknown>; readonly userId: UserId }[] = [];
  faults: Faults = { ...NO_FAULTS };
  /** Refuses new sockets while set. */
  isDown = false;
  /** Above this many changes a resume is answered with a reset. */
  maxChanges = 1_000;
  epoch = 'first';
  heartbeatInterval = 20_000;
  reconnectAttempts = 0;
  /** Answers in place of the model, by operation. */
  readonly answers = new Map<string, (input: Record<string, unknown>, userId: UserId) => unknown>();
  readonly #users = new Map<string, UserView>();

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  /** A user whose token is the name. */
  user(name: string): UserView {
    let user = this.#users.get(name);
    if (user === undefined) {
      user = { id: this.id<UserId>(), username: name, displayName: name, kind: 'human', role: 'member' };
      this.#users.set(name, user);
    }
    return user;
  }

  channel(name: string, members: readonly UserView[]): ModelChannel {
    const channel = new ModelChannel(
      this.id<ChannelId>(),
      name,
      () => this.clock.nowMs,
      (event) => this.#publish(event),
    );
    this.channels.set(channel.id, channel);
    for (const { id } of members) channel.join(id);
    return channel;
  }

  id<Id extends string>(): Id {
    return makeUuid(this.clock.nowMs, (bytes) => {
      for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(this.clock.random() * 256);
    }) as Id;
  }

  /** The WebSocket class that leads here. */
  get WebSocket(): WebSocketClass {
    return ModelSocket.leadingTo(this);
  }

  /** Loses all sockets, as when the process is killed. */
  kill(): void {
    for (const socket of [...this.sockets]) socket.lose(1006, '');
  }

  /** Turns faults off. */
  heal(): void {
    this.faults = { ...NO_FAULTS };
    this.isDown = false;
  }

  /** Adds a user to a channel as somebody else would. */
  invite(channel: ModelChannel, user: UserView): void {
    if (channel.isMember(user.id)) return;
    channel.join(user.id);
    this.tell(user.id, { t: 'joined', joined: channel.joinedFor(user.id) });
  }

  /** Sends a frame to all sockets of a user. */
  tell(userId: UserId, frame: DownFrame): void {
    for (const socket of this.sockets) if (socket.userId === userId) socket.push(frame);
  }

  receive(socket: ModelSocket, text: string): void {
    const frame = JSON.parse(text) as { t: string; ref: number; d?: Record<string, unknown> };
    if (frame.t === 'hello') return this.#hello(socket, frame as unknown as HelloFrame);
    if (frame.t === 'resume') return this.#resume(socket, frame as unknown as Resume);
    if (frame.t === 'ping') return socket.push({ t: 'pong', now: this.clock.nowMs, tops: this.#tops(socket) });
    if (!socket.isReady || socket.userId === null) return socket.lose(4504, 'say hello first');
    this.#command(socket, socket.userId, frame.t, frame.ref, frame.d ?? {});
  }

  #hello(socket: ModelSocket, hello: HelloFrame): void {
    const user = this.#users.get(hello.token ?? '');
    if (user === undefined) return socket.lose(4500, '');
    socket.userId = user.id;
    socket.resume = hello.resume ?? null;
    socket.push({
      t: 'welcome',
      protocol: 1,
      server: 'model',
      node: 'model',
      sessionId: 'model' as SessionId,
      user,
      epoch: this.epoch,
      now: this.clock.nowMs,
      heartbeatInterval: this.heartbeatInterval,
      reconnectAttempts: this.reconnectAttempts,
      durability: 'memory',
      flags: {},
    });
    if (hello.resume?.more !== true) this.#sync(socket, user.id);
  }

  #resume(socket: ModelSocket, more: Resume): void {
    if (socket.resume === null || socket.userId === null) return socket.lose(4504, '');
    socket.resume = { ...more, channels: [...socket.resume.channels, ...more.channels] };
    if (more.more !== true) this.#sync(socket, socket.userId);
  }

  #sync(socket: ModelSocket, userId: UserId): void {
    socket.isReady = true;
    const isSame = socket.resume?.epoch === this.epoch;
    const named = new Map(isSame ? socket.resume?.channels : []);
    const mine = [...this.channels.values()].filter((channel) => channel.isMember(userId));
    const frame: SyncFrame = {
      t: 'sync',
      reset: socket.resume !== null && !isSame,
      joined: [],
      gone: [],
      changes: [],
      cursors: [],
      done: true,
    };
    for (const channel of mine) {
      const since = named.get(channel.id);
      if (since === undefined) frame.joined.push(channel.joinedFor(userId));
      else {
        if (channel.rev > since) frame.changes.push(this.#changes(channel, since));
        frame.cursors.push(channel.cursorsOf(userId));
      }
    }
    for (const channelId of named.keys())
      if (!this.channels.get(channelId)?.isMember(userId)) frame.gone.push(channelId);
    socket.push(frame);
  }

  #command(socket: ModelSocket, userId: UserId, name: string, ref: number, input: Record<string, unknown>): void {
    this.commands.push({ name, input, userId });
    if (name === 'message.send' && this.#chance(this.faults.busy)) {
      return socket.push({ t: 'error', ref, code: 'busy', message: 'unable to send; busy', retryAfterMs: 300 });
    }
    try {
      const output = this.#run(name, input, userId);
      if (this.#chance(this.faults.loseAnswer)) return socket.lose(1006, '');
      socket.push({ t: 'ok', ref, d: output });
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'internal';
      socket.push({ t: 'error', ref, code, message: String(error) });
    }
  }

  #run(name: string, input: Record<string, unknown>, userId: UserId): unknown {
    const answer = this.answers.get(name);
    if (answer !== undefined) return answer(input, userId);
    const channel = this.channels.get(input.channelId as ChannelId);
    if (channel === undefined) return this.#runElsewhere(name, input);
    if (!channel.isMember(userId)) throw new Refusal('not_found');
    const messageId = input.messageId as MessageId | undefined;
    const seq = [...channel.messages.values()].find(({ id }) => id === messageId)?.seq ?? 0;
    switch (name) {
      case 'message.send':
        return channel.send(userId, input.id as MessageId, input.body as string);
      case 'message.history':
        return channel.page(input as { before?: number; after?: number; around?: number; limit?: number });
      case 'message.edit':
        return { message: channel.edit(seq, input.body as string) };
      case 'message.delete':
        return { message: channel.delete(seq) };
      case 'sync.changes':
        return this.#changes(channel, input.since as number);
      case 'member.list':
        return {
          members: channel.memberViews(),
          users: [],
          rev: channel.rev,
          memberCount: channel.memberIds().length,
          nextCursor: null,
        };
      case 'receipt.list':
        return { receipts: [], memberCount: channel.memberIds().length };
      case 'channel.get':
        return channel.joinedFor(userId);
      case 'channel.leave':
        channel.leave(userId);
        return {};
      default:
        return {};
    }
  }

  #runElsewhere(name: string, input: Record<string, unknown>): unknown {
    if (name === 'user.get') {
      const wanted = new Set(input.userIds as UserId[]);
      return { users: [...this.#users.values()].filter(({ id }) => wanted.has(id)) };
    }
    if (name === 'presence.watch') return { presence: [] };
    if (input.channelId !== undefined) throw new Refusal('not_found');
    return {};
  }

  #publish(event: RevEvent): void {
    const channel = this.channels.get(event.channel);
    if (channel === undefined) return;
    const left = event.t === 'members' ? event.left : [];
    for (const socket of this.sockets) {
      const { userId } = socket;
      if (!socket.isReady || userId === null) continue;
      // Who has left hears of the leave, and of nothing after it.
      if (!channel.isMember(userId) && !left.includes(userId)) continue;
      const isLast = left.includes(userId);
      if (!isLast && this.#chance(this.faults.loseEvent)) continue;
      socket.push(event, !isLast && this.#chance(this.faults.delayEvent));
      if (this.#chance(this.faults.doubleEvent)) socket.push(event);
    }
  }

  #changes(channel: ModelChannel, since: number): Changes {
    const changes = channel.changesSince(since, this.maxChanges);
    if (changes.reset || !this.#chance(this.faults.staleRev)) return changes;
    return { ...changes, rev: Math.max(since, changes.rev - 1 - Math.floor(this.clock.random() * 3)) };
  }

  #tops(socket: ModelSocket): [ChannelId, number][] {
    const { userId } = socket;
    return [...this.channels.values()].flatMap((channel): [ChannelId, number][] =>
      userId !== null && channel.isMember(userId) ? [[channel.id, channel.rev]] : [],
    );
  }

  #chance(probability: number): boolean {
    return probability > 0 && this.clock.random() < probability;
  }
}

/** A refusal with a code of the protocol. */
export class Refusal extends Error {
  readonly code: 'not_found' | 'forbidden';

  constructor(code: 'not_found' | 'forbidden') {
    super(`unable to do it; ${code}`);
    this.code = code;
  }
}
