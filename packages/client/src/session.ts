import type {
  Changes,
  ChannelId,
  DownFrame,
  JoinedChannel,
  PongFrame,
  ResumeFrame,
  RevEvent,
  SyncFrame,
  UserView,
  WelcomeFrame,
} from '@parley/protocol';
import type { Connection } from './connection.ts';
import type { Emitter } from './emitter.ts';
import { errorFrom } from './errors.ts';
import type { ClientEvents } from './events.ts';
import { RESUME_CHANNELS } from './limits.ts';
import type { Presence } from './presence.ts';
import type { Repairs } from './repair.ts';
import type { Replica } from './replica.ts';
import type { Call, Requests } from './request.ts';
import type { Typists } from './typing.ts';

export type Flags = Readonly<Record<string, boolean | string | number>>;

export interface SessionParts {
  readonly events: Emitter<ClientEvents>;
  readonly call: Call;
  readonly requests: Requests;
  readonly replica: Replica;
  readonly repairs: Repairs;
  readonly presence: Presence;
  readonly typists: Typists;
  takeJoined(joined: JoinedChannel): void;
  /** Milliseconds since 1970 here and now. */
  now(): number;
  /** Told when the client has everything. */
  readonly connection: Pick<Connection, 'synced'>;
  onUser(user: UserView): void;
  onFlags(flags: Flags): void;
}

/** What the server tells, brought to where it belongs. */
export class Session {
  readonly #parts: SessionParts;
  #user: UserView | null = null;
  #flags: Flags = {};
  #epoch: string | null = null;
  #clockAheadMs = 0;
  /** Channels whose counts are being asked for; true where they must be asked for again. */
  readonly #recounts = new Map<ChannelId, boolean>();
  /** What the running sync has told: true for channels that were resumed whole. */
  readonly #told = new Map<ChannelId, boolean>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get user(): UserView | null {
    return this.#user;
  }

  get epoch(): string | null {
    return this.#epoch;
  }

  get flags(): Flags {
    return this.#flags;
  }

  /** How far the server's clock is ahead of this device's. */
  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  /** What this client has, in as many frames as it takes. */
  resumeFrames(): Omit<ResumeFrame, 't'>[] {
    this.#told.clear();
    const points = this.#parts.replica.resumePoints();
    if (this.#epoch === null || points.length === 0) return [];
    const frames: Omit<ResumeFrame, 't'>[] = [];
    for (let start = 0; start < points.length; start += RESUME_CHANNELS) {
      const channels = points.slice(start, start + RESUME_CHANNELS);
      const isLast = start + RESUME_CHANNELS >= points.length;
      frames.push(isLast ? { epoch: this.#epoch, channels } : { epoch: this.#epoch, channels, more: true });
    }
    return frames;
  }

  welcome(welcome: WelcomeFrame): void {
    this.#user = welcome.user;
    this.#epoch = welcome.epoch;
    this.#flags = welcome.flags;
    this.#clockAheadMs = welcome.now - this.#parts.now();
    this.#parts.replica.setUser(welcome.user.id);
    this.#takeUser(welcome.user);
    this.#parts.onFlags(welcome.flags);
  }

  /** Takes what was missing. */
  takeChanges(changes: Changes): void {
    if (!this.#parts.replica.takeChanges(changes, true)) this.#tellSynced(changes.channelId, false);
  }

  receive(frame: DownFrame): void {
    const { replica, requests, presence, typists, events } = this.#parts;
    switch (frame.t) {
      case 'ok':
        return requests.answer(frame);
      case 'error':
        if (frame.ref === null) return events.emit('warning', errorFrom(frame));
        return requests.answer(frame);
      case 'sync':
        return this.#takeSync(frame);
      case 'changes':
        return this.takeChanges(frame);
      case 'joined':
        return replica.takeJoined(frame.joined, true);
      case 'cursor':
        return replica.takeCursor(frame);
      case 'receipts':
        return replica.takeReceipts(frame);
      case 'presence':
        return presence.take(frame.presence);
      case 'typing':
        return typists.set(frame.channel, frame.userId, frame.on && frame.userId !== this.#user?.id);
      case 'user':
        return this.#takeUser(frame.user);
      case 'flags':
        this.#flags = frame.flags;
        return this.#parts.onFlags(frame.flags);
      case 'pong':
        return this.#takePong(frame);
      case 'welcome':
      case 'drain':
        return;
      default:
        return this.#takeRevEvent(frame);
    }
  }

  /** Also of a kind that only a newer server knows: its rev counts. */
  #takeRevEvent(event: RevEvent): void {
    if (typeof event.channel === 'string' && typeof event.rev === 'number') this.#parts.replica.offer(event);
  }

  #takeSync(frame: SyncFrame): void {
    if (frame.done) this.#parts.repairs.online();
    this.#parts.replica.takeSync(frame, (channelId, isWhole) => this.#told.set(channelId, isWhole));
    if (!frame.done) return;
    this.#forgetUntoldThreads();
    this.#parts.connection.synced();
    for (const { id, log } of this.#parts.replica.all()) {
      // What was named and not told of has not changed: that is whole too.
      if (log !== null) this.#tellSynced(id, this.#told.get(id) ?? true);
    }
  }

  /** A resume names root channels only, so every followed thread is told of; one that was not is not followed any more. */
  #forgetUntoldThreads(): void {
    for (const { id, log } of this.#parts.replica.all()) {
      if (log === null && !this.#told.has(id)) this.#parts.replica.remove(id);
    }
  }

  #tellSynced(channelId: ChannelId, isWhole: boolean): void {
    this.#parts.events.emit('channelSynced', { channelId, continuity: isWhole ? 'resumed' : 'reset' });
  }

  #takePong({ tops, now }: PongFrame): void {
    this.#clockAheadMs = now - this.#parts.now();
    for (const [channelId, rev] of tops) {
      if (!this.#parts.replica.noteTop(channelId, rev)) void this.#discover(channelId);
    }
  }

  /** Asks for the user's own place in a channel again; what happens while it is asked is asked for once more. */
  async recount(channelId: ChannelId): Promise<void> {
    if (this.#recounts.has(channelId)) {
      this.#recounts.set(channelId, true);
      return;
    }
    do {
      this.#recounts.set(channelId, false);
      await this.#discover(channelId);
    } while (this.#recounts.get(channelId));
    this.#recounts.delete(channelId);
  }

  /** Asks whether the user is in a channel, and how it stands. */
  async #discover(channelId: ChannelId): Promise<void> {
    try {
      const { channel, membership } = await this.#parts.call('channel.get', { channelId });
      if (membership !== null) this.#parts.takeJoined({ channel, membership });
    } catch {
      // Whoever may not see it is not in it; anything else shows with the next pong again.
    }
  }

  #takeUser(user: UserView): void {
    if (user.id === this.#user?.id) this.#user = user;
    this.#parts.onUser(user);
  }
}
