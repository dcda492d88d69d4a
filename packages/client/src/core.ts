import type {
  Changes,
  ChannelId,
  DownFrame,
  JoinedChannel,
  MessageView,
  PresenceData,
  ResumeFrame,
  Sent,
  UserId,
  UserView,
  WelcomeFrame,
} from '@parley/protocol';
import { Channel } from './channel.ts';
import { ChannelContent } from './channel-content.ts';
import type { ChannelState, ChannelSummary } from './channel-state.ts';
import { type ChannelPorts, ChannelViews } from './channel-views.ts';
import { Connection, type ConnectionChange, type ConnectionPorts } from './connection.ts';
import { DeliveryReporter } from './delivery-reporter.ts';
import { Emitter } from './emitter.ts';
import type { ParleyError } from './errors.ts';
import type { ClientEvents, OutgoingEvent } from './events.ts';
import { Files, type FilesPorts } from './files.ts';
import type { MessageStream, MessageStreamPorts } from './message-stream.ts';
import { type ClientOptions, socketUrlOf } from './options.ts';
import { Presence, type PresencePorts } from './presence.ts';
import { type RepairPorts, Repairs } from './repair.ts';
import { Replica, type ReplicaPorts } from './replica.ts';
import { type Call, Requests } from './request.ts';
import { type Runtime, withDefaults } from './runtime.ts';
import type { OutgoingMessage } from './send-queue.ts';
import { type PendingSend, Sender, type SenderPorts, type SendOptions } from './sender.ts';
import { type Flags, Session, type SessionParts } from './session.ts';
import { webSocketClass } from './socket.ts';
import { type ClientStorage, memoryStorage } from './storage.ts';
import { Batch, View } from './store.ts';
import { Tokens } from './token.ts';
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

type AllPorts = ChannelPorts &
  ConnectionPorts &
  FilesPorts &
  MessageStreamPorts &
  PresencePorts &
  RepairPorts &
  ReplicaPorts &
  SenderPorts &
  SessionParts;

/** The parts of a client and the wires between them: each part asks for what it needs, and here it is answered by another. */
export class Core implements AllPorts {
  readonly runtime: Runtime;
  readonly storage: ClientStorage;
  readonly events = new Emitter<ClientEvents>();
  readonly batch = new Batch();
  readonly streams = new Set<MessageStream>();
  readonly requests: Requests;
  readonly call: Call;
  readonly url: string;
  readonly tokens: Tokens;
  readonly files: Files;
  readonly users: Users;
  readonly presence: Presence;
  readonly typists: Typists;
  readonly typingReporter: TypingReporter;
  readonly reporter: DeliveryReporter;
  readonly maxQueued: number;
  readonly window: number;
  readonly sender: Sender;
  readonly replica: Replica;
  readonly repairs: Repairs;
  readonly session: Session;
  readonly connection: Connection;
  readonly changeView: View<ConnectionChange>;
  readonly meView: View<UserView | null>;
  readonly flagsView: View<Flags>;
  readonly channelsView: View<readonly ChannelSummary[]>;
  readonly threadsView: View<readonly ChannelSummary[]>;
  readonly #open = new Map<ChannelId, OpenChannel>();
  isClosed = false;

  constructor(options: ClientOptions) {
    const runtime = withDefaults(options.runtime);
    this.runtime = runtime;
    this.storage = options.storage ?? memoryStorage();
    this.maxQueued = options.maxQueued ?? MAX_QUEUED;
    this.window = options.sendWindow ?? 1;
    this.url = options.url;
    this.tokens = new Tokens(options.token);
    this.requests = new Requests(runtime, {
      send: (frame) => this.connection.send(frame),
      timeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    });
    this.call = this.requests.call;
    this.files = new Files(runtime, this);
    this.users = new Users(runtime, this.call, this.batch);
    this.presence = new Presence(runtime, this);
    this.typists = new Typists(runtime, (channelId, userId, isTyping) => {
      this.content(channelId)?.onChange('typing');
      this.events.emit('typing', { channelId, userId, isTyping });
    });
    this.typingReporter = new TypingReporter(runtime, this.call);
    this.reporter = new DeliveryReporter(runtime, this.call);
    this.sender = new Sender(runtime, this);
    this.replica = new Replica(this);
    this.repairs = new Repairs(runtime, this);
    this.session = new Session(this);
    this.connection = new Connection(
      {
        socketUrl: socketUrlOf(options.url),
        WebSocket: webSocketClass(options.WebSocket),
        tokens: this.tokens,
        userAgent: options.userAgent ?? 'parley-client',
        wake: options.wake ?? browserWake,
      },
      runtime,
      this,
    );
    this.changeView = new View(this.batch, () => this.connection.change);
    this.meView = new View(this.batch, () => this.session.user);
    this.flagsView = new View(this.batch, () => this.session.flags);
    this.channelsView = new View(this.batch, () => this.#summaries(false));
    this.threadsView = new View(this.batch, () => this.#summaries(true));
    void this.sender.restore();
  }

  close(): void {
    // What was read until now is still reported: the frame goes out before the socket closes.
    void this.reporter.flush();
    this.isClosed = true;
    for (const stream of this.streams) stream.end();
    this.requests.close();
    this.connection.close();
    this.sender.close();
    this.files.close();
    this.users.close();
    this.presence.close();
    for (const { views } of this.#open.values()) views.close();
    for (const view of [this.changeView, this.meView, this.flagsView, this.channelsView, this.threadsView])
      view.close();
    this.events.clear();
  }

  open(channelId: ChannelId): Channel {
    let open = this.#open.get(channelId);
    if (open === undefined) {
      const content = new ChannelContent(channelId);
      const views = new ChannelViews(content, this);
      open = { content, views, handle: new Channel(channelId, views, this) };
      this.#open.set(channelId, open);
    }
    return open.handle;
  }

  // What several parts ask for.

  now(): number {
    return this.runtime.now();
  }

  serverNow(): number {
    return this.now() + this.session.clockAheadMs;
  }

  epoch(): string | null {
    return this.session.epoch;
  }

  userId(): UserId | null {
    return this.session.user?.id ?? null;
  }

  markRead(channelId: ChannelId, seq: number): void {
    if (this.isClosed) return;
    this.reporter.read(channelId, seq);
    this.batch.run(() => this.replica.markRead(channelId, seq));
  }

  takeJoined(joined: JoinedChannel): Channel {
    this.batch.run(() => this.replica.takeJoined(joined, true));
    return this.open(joined.channel.id);
  }

  // The connection.

  resumeFrames(): Omit<ResumeFrame, 't'>[] {
    return this.session.resumeFrames();
  }

  onWelcome(welcome: WelcomeFrame): void {
    this.batch.run(() => this.session.welcome(welcome));
  }

  onFrame(frame: DownFrame): void {
    this.batch.run(() => this.session.receive(frame));
  }

  onChange(change: ConnectionChange): void {
    this.batch.run(() => {
      if (change.current === 'online') this.#online();
      if (change.error !== null) this.requests.end(change.error.code, change.error.message);
      this.changeView.invalidate();
      this.events.emit('connection', change);
    });
  }

  onLost(): void {
    this.batch.run(() => {
      for (const part of [this.repairs, this.sender, this.reporter, this.presence, this.requests]) part.lost();
      this.typists.clear();
    });
  }

  #online(): void {
    for (const part of [this.requests, this.presence, this.reporter, this.sender, this.users]) part.online();
    for (const { views } of this.#open.values()) void views.refresh();
    for (const stream of this.streams) stream.synced();
  }

  // The session.

  onUser(user: UserView): void {
    this.meView.invalidate();
    this.users.take([user]);
    this.events.emit('user', user);
  }

  onFlags(flags: Flags): void {
    this.flagsView.invalidate();
    this.events.emit('flags', flags);
  }

  onPresence(presence: readonly PresenceData[]): void {
    this.events.emit('presence', presence);
  }

  // The copy of the server's state.

  content(channelId: ChannelId): ChannelContent | undefined {
    return this.#open.get(channelId)?.content;
  }

  contents(): ChannelContent[] {
    return [...this.#open.values()].map(({ content }) => content);
  }

  onChannels(channelId: ChannelId): void {
    this.channelsView.invalidate();
    this.threadsView.invalidate();
    this.content(channelId)?.onChange('info');
  }

  onUnsureCounts(channelId: ChannelId): void {
    void this.session.recount(channelId);
  }

  onMessage(message: MessageView): void {
    this.typists.set(message.channelId, message.senderId, false);
    this.sender.arrived(message);
    for (const stream of this.streams) stream.take(message);
  }

  gapAfter(channelId: ChannelId): number | null {
    const log = this.replica.get(channelId)?.log;
    return log?.hasGap ? log.rev : null;
  }

  takeChanges(changes: Changes): void {
    this.batch.run(() => this.session.takeChanges(changes));
  }

  onGone(channelId: ChannelId): void {
    this.batch.run(() => this.replica.remove(channelId));
  }

  // Sending.

  send(channelId: ChannelId, body: string, options: SendOptions | undefined): PendingSend {
    this.typingReporter.sent(channelId);
    return this.batch.run(() => this.sender.send(channelId, body, options));
  }

  onOutgoing(event: OutgoingEvent): void {
    this.content(event.message.channelId)?.onChange('messages');
    this.events.emit('outgoing', event);
  }

  onSent(message: OutgoingMessage, sent: Sent): void {
    this.#open.get(message.channelId)?.views.acknowledge(message, sent);
    const rootId = this.replica.get(message.channelId)?.view.rootId ?? message.channelId;
    this.replica.noteTop(rootId, sent.rev);
  }

  onWarning(error: ParleyError): void {
    this.events.emit('warning', error);
  }

  onJoined(state: ChannelState): void {
    for (const stream of this.streams) stream.joined(state);
  }

  onRestarted(): void {
    for (const stream of this.streams) stream.restarted();
  }

  // What handles of channels ask for.

  takeMessage(message: MessageView): void {
    this.batch.run(() => this.replica.takeAnswer(message));
  }

  #summaries(isThread: boolean): readonly ChannelSummary[] {
    return [...this.replica.all()].flatMap((state) =>
      (state.view.kind === 'thread') === isThread ? state.summary : [],
    );
  }
}
