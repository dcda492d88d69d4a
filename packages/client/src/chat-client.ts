import type { ChannelId, JoinedChannel, RequestOf, UserId, UserView } from '@parley/protocol';
import { Channel } from './channel.ts';
import { ChannelContent } from './channel-content.ts';
import type { ChannelSummary } from './channel-state.ts';
import { type ChannelPorts, ChannelViews } from './channel-views.ts';
import { Connection, type ConnectionChange } from './connection.ts';
import { DeliveryReporter } from './delivery-reporter.ts';
import { Emitter } from './emitter.ts';
import { ParleyError } from './errors.ts';
import type { ClientEvents } from './events.ts';
import { MessageStream, type MessageStreamOptions } from './message-stream.ts';
import { type ClientOptions, socketUrlOf } from './options.ts';
import { Presence } from './presence.ts';
import { Repairs } from './repair.ts';
import { Replica } from './replica.ts';
import { type Call, Requests } from './request.ts';
import { type Runtime, withDefaults } from './runtime.ts';
import { type PendingSend, Sender, type SendOptions } from './sender.ts';
import { type Flags, Session } from './session.ts';
import { webSocketClass } from './socket.ts';
import { type ClientStorage, memoryStorage } from './storage.ts';
import { Batch, type Store, View } from './store.ts';
import { TypingReporter, Typists } from './typing.ts';
import { Users } from './users.ts';
import { browserWake } from './wake.ts';

const REQUEST_TIMEOUT_MS = 15_000;
const MAX_QUEUED = 1_000;

interface OpenChannel {
  readonly content: ChannelContent;
  readonly views: ChannelViews;
  readonly handle: Channel;
}

interface ClientViews {
  readonly connection: View<ConnectionChange>;
  readonly me: View<UserView | null>;
  readonly flags: View<Flags>;
  readonly channels: View<readonly ChannelSummary[]>;
  readonly threads: View<readonly ChannelSummary[]>;
}

/** Makes a client for one user of one server. It does nothing until `connect`. */
export function createClient(options: ClientOptions): ChatClient {
  return new ChatClient(options);
}

/** One user's view of one server: kept in step with it, through lost connections, until it is closed. */
export class ChatClient {
  /** Where the connection stands. */
  readonly connection: Store<ConnectionChange>;
  /** The user; null until the first connect. */
  readonly me: Store<UserView | null>;
  /** The user's feature flags. */
  readonly flags: Store<Flags>;
  /** The user's channels and direct conversations, with what is unread. */
  readonly channels: Store<readonly ChannelSummary[]>;
  /** The threads that the user follows. */
  readonly threads: Store<readonly ChannelSummary[]>;
  /** Asks for any operation of the protocol. */
  readonly call: Call;
  /** Names of people, fetched once and kept up to date. */
  readonly users: Pick<Users, 'peek' | 'of' | 'get'>;
  /** Where people are, for those who are watched. */
  readonly presence: Pick<Presence, 'of' | 'watch' | 'set'>;
  readonly #options: ClientOptions;
  readonly #runtime: Runtime;
  readonly #storage: ClientStorage;
  readonly #events = new Emitter<ClientEvents>();
  readonly #batch = new Batch();
  readonly #open = new Map<ChannelId, OpenChannel>();
  readonly #streams = new Set<MessageStream>();
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #users: Users;
  readonly #presence: Presence;
  readonly #typists: Typists;
  readonly #typingReporter: TypingReporter;
  readonly #reporter: DeliveryReporter;
  readonly #sender: Sender;
  readonly #replica: Replica;
  readonly #repairs: Repairs;
  readonly #session: Session;
  readonly #views: ClientViews;
  readonly #channelPorts: ChannelPorts;
  #isClosed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#storage = options.storage ?? memoryStorage();
    this.#runtime = withDefaults(options.runtime);
    this.#requests = new Requests(this.#runtime, {
      send: (frame) => this.#connection.send(frame),
      timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    });
    this.call = this.#requests.call;
    this.#users = new Users(this.#runtime, this.call, this.#batch);
    this.#presence = new Presence(this.#runtime, {
      call: this.call,
      batch: this.#batch,
      onPresence: (presence) => this.#events.emit('presence', presence),
    });
    this.#typists = new Typists(this.#runtime, (channelId, userId, isTyping) => {
      this.#open.get(channelId)?.content.onChange('typing');
      this.#events.emit('typing', { channelId, userId, isTyping });
    });
    this.#typingReporter = new TypingReporter(this.#runtime, this.call);
    this.#reporter = new DeliveryReporter(this.#runtime, this.call);
    this.#sender = this.#makeSender();
    this.#replica = this.#makeReplica();
    this.#repairs = this.#makeRepairs();
    this.#session = this.#makeSession();
    this.#connection = this.#makeConnection();
    this.#channelPorts = this.#makeChannelPorts();
    this.#views = this.#makeViews();
    this.connection = this.#views.connection;
    this.me = this.#views.me;
    this.flags = this.#views.flags;
    this.channels = this.#views.channels;
    this.threads = this.#views.threads;
    this.users = this.#users;
    this.presence = this.#presence;
    void this.#sender.restore();
  }

  /** Connects, and keeps connected. Resolves with the user when everything is here; rejects when it cannot ever work. */
  connect(): Promise<UserView> {
    if (this.#isClosed) return Promise.reject(new ParleyError('closed', 'unable to connect; the client is closed'));
    this.#connection.start();
    return new Promise((resolve, reject) => {
      const settle = (): boolean => {
        const { current, error } = this.#connection.change;
        if (current === 'online' && this.#session.user !== null) resolve(this.#session.user);
        else if (current === 'failed' || current === 'closed') reject(error ?? new ParleyError('closed', 'closed'));
        else return false;
        return true;
      };
      if (settle()) return;
      const stop = this.on('connection', () => {
        if (settle()) stop();
      });
    });
  }

  /** Ends the connection, every subscription and every call. A closed client stays closed; what is unsent stays in the storage. */
  close(): void {
    if (this.#isClosed) return;
    void this.#reporter.flush();
    this.#isClosed = true;
    for (const stream of this.#streams) stream.end();
    this.#requests.close();
    this.#connection.close();
    this.#sender.close();
    this.#users.close();
    this.#presence.close();
    for (const { views } of this.#open.values()) views.close();
    for (const view of Object.values<{ close(): void }>({ ...this.#views })) view.close();
    this.#events.clear();
  }

  /** Calls `listener` at each event of this name; returns what ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#isClosed ? () => {} : this.#events.on(name, listener);
  }

  /** The channel, direct conversation or thread with this id; the same object each time. */
  channel(channelId: ChannelId): Channel {
    return this.#openChannel(channelId).handle;
  }

  /** Every message of others from now on, and what the user has not read before; for bots. Ends with `break`, a signal or `close`. */
  messages(options: MessageStreamOptions = {}): MessageStream {
    const ports = {
      call: this.call,
      storage: this.#storage,
      userId: () => this.#session.user?.id ?? null,
      channels: () => this.#replica.all(),
      channel: (channelId: ChannelId) => this.#replica.get(channelId),
      markRead: (channelId: ChannelId, seq: number) => this.#markRead(channelId, seq),
    };
    const stream = new MessageStream(this.#runtime, ports, options, () => this.#streams.delete(stream));
    if (this.#isClosed) stream.end();
    else if (!stream.isOver) this.#streams.add(stream);
    if (this.#connection.state === 'online') stream.synced();
    return stream;
  }

  /** Makes a channel and gives it. */
  async createChannel(input: RequestOf<'channel.create'>): Promise<Channel> {
    return this.#takeJoined(await this.call('channel.create', input));
  }

  /** Opens the direct conversation with these users; the same people always get the same one. */
  async openDirect(userIds: readonly UserId[]): Promise<Channel> {
    return this.#takeJoined(await this.call('channel.direct', { userIds: [...userIds] }));
  }

  /** Joins the channel of an invitation. */
  async acceptInvitation(code: string): Promise<Channel> {
    return this.#takeJoined(await this.call('invitation.accept', { code }));
  }

  /** Resolves when no message waits to be sent any more; failed ones do not count. */
  drained(): Promise<void> {
    return this.#sender.drained();
  }

  /** Milliseconds since 1970 by the server's clock: what its times are to be compared with. */
  serverNow(): number {
    return this.#runtime.now() + this.#session.clockAheadMs;
  }

  #makeViews(): ClientViews {
    const views: ClientViews = {
      connection: new View(this.#batch, () => this.#connection.change),
      me: new View(this.#batch, () => this.#session.user),
      flags: new View(this.#batch, () => this.#session.flags),
      channels: new View(this.#batch, () => this.#summaries((kind) => kind !== 'thread')),
      threads: new View(this.#batch, () => this.#summaries((kind) => kind === 'thread')),
    };
    this.#events.on('user', () => views.me.invalidate());
    this.#events.on('flags', () => views.flags.invalidate());
    return views;
  }

  #makeSender(): Sender {
    return new Sender(this.#runtime, {
      call: this.call,
      storage: this.#storage,
      maxQueued: this.#options.maxQueued ?? MAX_QUEUED,
      window: this.#options.sendWindow ?? 1,
      userId: () => this.#session.user?.id ?? null,
      onOutgoing: (event) => {
        this.#open.get(event.message.channelId)?.content.onChange('messages');
        this.#events.emit('outgoing', event);
      },
      onSent: (message, sent) => {
        this.#open.get(message.channelId)?.views.acknowledge(message, sent);
        const rootId = this.#replica.get(message.channelId)?.view.rootId ?? message.channelId;
        this.#replica.noteTop(rootId, sent.rev);
      },
      onWarning: (error) => this.#events.emit('warning', error),
    });
  }

  #makeReplica(): Replica {
    return new Replica({
      events: this.#events,
      content: (channelId) => this.#open.get(channelId)?.content,
      contents: () => [...this.#open.values()].map(({ content }) => content),
      onChannels: (channelId) => {
        const isThread = this.#replica.get(channelId)?.view.kind === 'thread';
        (isThread ? this.#views.threads : this.#views.channels).invalidate();
        this.#open.get(channelId)?.content.onChange('info');
      },
      onGap: (channelId) => this.#repairs.note(channelId),
      onDelivered: (channelId, seq) => this.#reporter.delivered(channelId, seq),
      onLeft: (channelId) => {
        this.#reporter.forget(channelId);
        this.#views.threads.invalidate();
      },
      onMessage: (message) => {
        this.#typists.set(message.channelId, message.senderId, false);
        for (const stream of this.#streams) stream.take(message);
      },
    });
  }

  #makeRepairs(): Repairs {
    return new Repairs(this.#runtime, {
      call: this.call,
      gapAfter: (channelId) => {
        const log = this.#replica.get(channelId)?.log;
        return log?.hasGap ? log.rev : null;
      },
      takeChanges: (changes) => this.#session.takeChanges(changes),
      onGone: (channelId) => this.#batch.run(() => this.#replica.remove(channelId)),
    });
  }

  #makeSession(): Session {
    return new Session({
      batch: this.#batch,
      events: this.#events,
      call: this.call,
      requests: this.#requests,
      replica: this.#replica,
      repairs: this.#repairs,
      presence: this.#presence,
      typists: this.#typists,
      users: this.#users,
      now: () => this.#runtime.now(),
      onSynced: () => this.#connection.synced(),
    });
  }

  #makeConnection(): Connection {
    const options = {
      socketUrl: socketUrlOf(this.#options.url),
      WebSocket: webSocketClass(this.#options.WebSocket),
      token: this.#options.token,
      userAgent: this.#options.userAgent ?? 'parley-client',
      wake: this.#options.wake ?? browserWake,
    };
    return new Connection(options, this.#runtime, {
      resumeFrames: () => this.#session.resumeFrames(),
      onWelcome: (welcome) => this.#batch.run(() => this.#session.welcome(welcome)),
      onFrame: (frame) => this.#session.receive(frame),
      onChange: (change) => this.#batch.run(() => this.#moved(change)),
      onLost: () => this.#batch.run(() => this.#lost()),
    });
  }

  #makeChannelPorts(): ChannelPorts {
    return {
      call: this.call,
      batch: this.#batch,
      sender: this.#sender,
      userId: () => this.#session.user?.id ?? null,
      summary: (channelId) => this.#replica.get(channelId)?.summary ?? null,
      typists: (channelId) => this.#typists.in(channelId),
      send: (channelId, body, options) => this.#send(channelId, body, options),
      setTyping: (channelId, isTyping) => this.#typingReporter.set(channelId, isTyping),
      markRead: (channelId, seq) => this.#markRead(channelId, seq),
      takeMarkedUnread: (channelId) => this.#reporter.forget(channelId),
      takeMessage: (message) => this.#batch.run(() => this.#replica.takeAnswer(message)),
      takeJoined: (joined) => void this.#takeJoined(joined),
      takeUsers: (users) => this.#users.take(users),
    };
  }

  #moved(change: ConnectionChange): void {
    if (change.current === 'online') {
      this.#requests.online();
      this.#presence.online();
      this.#reporter.online();
      this.#sender.online();
      for (const { views } of this.#open.values()) void views.refresh();
      for (const stream of this.#streams) stream.synced();
    }
    if (change.current === 'failed') this.#requests.fail(change.error);
    this.#views.connection.invalidate();
    this.#events.emit('connection', change);
  }

  #lost(): void {
    this.#repairs.lost();
    this.#sender.lost();
    this.#reporter.lost();
    this.#presence.lost();
    this.#typists.clear();
    this.#requests.lost();
  }

  #openChannel(channelId: ChannelId): OpenChannel {
    let open = this.#open.get(channelId);
    if (open === undefined) {
      const content = new ChannelContent(channelId);
      const views = new ChannelViews(content, this.#channelPorts);
      open = { content, views, handle: new Channel(channelId, views, this.#channelPorts) };
      this.#open.set(channelId, open);
    }
    return open;
  }

  #send(channelId: ChannelId, body: string, options: SendOptions | undefined): PendingSend {
    this.#typingReporter.sent(channelId);
    return this.#batch.run(() => this.#sender.send(channelId, body, options));
  }

  #markRead(channelId: ChannelId, seq: number): void {
    if (this.#isClosed) return;
    this.#reporter.read(channelId, seq);
    this.#batch.run(() => this.#replica.markRead(channelId, seq));
  }

  #takeJoined(joined: JoinedChannel): Channel {
    this.#batch.run(() => this.#replica.takeJoined(joined));
    return this.channel(joined.channel.id);
  }

  #summaries(isShown: (kind: ChannelSummary['channel']['kind']) => boolean): readonly ChannelSummary[] {
    return [...this.#replica.all()].flatMap((state) => (isShown(state.view.kind) ? state.summary : []));
  }
}
