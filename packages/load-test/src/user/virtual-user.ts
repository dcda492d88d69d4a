import {
  type Changes,
  type ChannelId,
  CLOSE_CODES,
  type DownFrame,
  type HelloFrame,
  LIMITS,
  type MessageView,
  mayReconnect,
  type OkFrame,
  PROTOCOL_VERSION,
  type Sent,
  type SyncFrame,
} from '@parley/protocol';
import type { WebSocket } from 'ws';
import type { RecordBody } from '../checker/history-record.ts';
import { nowMs } from '../clock.ts';
import type { Tally } from '../worker/tally.ts';
import { readDueMs, writeBody } from './marker.ts';
import { Places } from './places.ts';
import { Sends } from './sends.ts';
import { connectSocket } from './socket.ts';

/** Waits between tries to connect: a random part of this, doubled each time, up to the cap. */
const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 10_000;

export interface UserPlan {
  /** Its number in the run. */
  readonly index: number;
  readonly token: string;
  /** The channels it sends to. */
  readonly rooms: readonly ChannelId[];
  /** Whether all it receives goes to the history checker. */
  readonly isWatched: boolean;
  /** Stops reading when the others do not, and is not in the figures of delivery. */
  readonly isStalling: boolean;
}

export interface UserPorts {
  readonly url: string;
  readonly rooms: ReadonlySet<string>;
  readonly tally: Tally;
  readonly messageBytes: number;
  random(): number;
  record(proc: string, body: RecordBody): void;
  onInSync(): void;
}

/** One simulated person: a socket that speaks the protocol as a correct client does, and keeps as little as possible. */
export class VirtualUser {
  readonly plan: UserPlan;
  readonly #ports: UserPorts;
  readonly #places: Places;
  readonly #sends: Sends;
  readonly #proc: string;
  #socket: WebSocket | null = null;
  #state: 'away' | 'connecting' | 'greeted' | 'ready' | 'closed' = 'away';
  #epoch = '';
  #userId = '';
  #refs = 0;
  #sentCount = 0;
  #attempts = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Since when it wants to be connected, and why it is not. */
  #wantedAt = 0;
  #wasReady = false;

  constructor(plan: UserPlan, ports: UserPorts) {
    this.plan = plan;
    this.#ports = ports;
    this.#proc = `user-${plan.index}`;
    const record = (body: RecordBody): void => ports.record(this.#proc, body);
    this.#places = new Places({
      rooms: ports.rooms,
      onNew: (message) => this.#hear(message),
      onGap: () => {
        ports.tally.counts.gaps += 1;
      },
      askChanges: (channelId, since) => void this.#command('sync.changes', { channelId, since }),
      record: plan.isWatched ? record : null,
    });
    this.#sends = new Sends({ tally: ports.tally, command: (op, input) => this.#command(op, input), record });
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Messages without an answer. */
  get unanswered(): number {
    return this.#sends.size;
  }

  get places(): Places {
    return this.#places;
  }

  /** Connects, and stays so until `close`; `dueMs` is since when it should be connecting. */
  connect(dueMs: number): void {
    if (this.#state !== 'away') return;
    this.#wantedAt = dueMs;
    this.#open();
  }

  /** Sends a message that was due at a moment to one of its channels. */
  send(dueMs: number): void {
    const channelId = this.plan.rooms[Math.floor(this.#ports.random() * this.plan.rooms.length)];
    if (channelId === undefined) return;
    const marker = { dueMs, user: this.plan.index, count: this.#sentCount++ };
    this.#sends.add(channelId, writeBody(marker, this.#ports.messageBytes), dueMs);
  }

  /** The socket breaks, as when the network goes away; it comes back by itself, after at most so long. */
  cut(withinMs: number): void {
    if (this.#state === 'closed' || this.#socket === null) return;
    this.#attempts = 0;
    const socket = this.#socket;
    this.#lost(1006, this.#ports.random() * withinMs);
    socket.terminate();
  }

  /** Takes what comes, or leaves it with the system until the server must wait. */
  setReading(on: boolean): void {
    if (on) this.#socket?.resume();
    else this.#socket?.pause();
  }

  /** Asks where the channels stand, so that a loss shows on a quiet socket too. */
  ping(): void {
    if (this.#state === 'ready') this.#socket?.send('{"t":"ping"}');
  }

  /** Notes where it stands at the end of the run. */
  noteFinal(): void {
    if (!this.plan.isWatched) return;
    for (const channel of this.plan.rooms) {
      const [seq, rev] = [this.#places.seqOf(channel), this.#places.revOf(channel)];
      const unread = { readSeq: 0, unread: seq, mentions: 0 };
      this.#ports.record(this.#proc, { type: 'state', channel, seq, rev, ...unread, items: [], final: true });
    }
  }

  close(): void {
    if (this.#state === 'greeted' || this.#state === 'ready')
      this.#ports.record(this.#proc, { type: 'close', code: 1000 });
    this.#state = 'closed';
    this.#sends.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.terminate();
    this.#socket = null;
  }

  #open(): void {
    this.#state = 'connecting';
    const socket = connectSocket(this.#ports.url, {
      onOpen: () => socket.send(JSON.stringify(this.#hello())),
      onText: (text) => this.#take(JSON.parse(text) as DownFrame),
      onEnd: (code, waitMs) => {
        if (this.#socket === socket) this.#lost(code, waitMs);
      },
    });
    this.#socket = socket;
  }

  #hello(): HelloFrame {
    const channels = this.#places.points().slice(0, LIMITS.resumeChannels);
    const resume = this.#epoch === '' ? {} : { resume: { epoch: this.#epoch, channels } };
    return { t: 'hello', protocol: PROTOCOL_VERSION, token: this.plan.token, client: 'parley-load', ...resume };
  }

  #lost(code: number, waitMs: number | null): void {
    const hadSession = this.#state === 'greeted' || this.#state === 'ready';
    this.#socket = null;
    if (this.#state === 'closed') return;
    if (hadSession) {
      this.#ports.tally.counts.disconnects += 1;
      if (code === CLOSE_CODES.slow) this.#ports.tally.counts.cutAsSlow += 1;
      this.#sends.interrupted();
      this.#ports.record(this.#proc, { type: 'close', code });
      this.#wantedAt = nowMs();
    }
    if (!mayReconnect(code)) {
      this.#state = 'closed';
      return this.#ports.tally.fail(`closed ${code}`);
    }
    this.#state = 'away';
    const ceilingMs = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.#open(), waitMs ?? this.#ports.random() * ceilingMs);
  }

  #take(frame: DownFrame): void {
    switch (frame.t) {
      case 'message':
      case 'members':
      case 'channel':
        return this.#places.event(frame);
      case 'ok':
        return this.#succeed(frame);
      case 'error':
        if (frame.ref === null || !this.#sends.failed(frame.ref, frame.code, frame.retryAfterMs))
          this.#ports.tally.fail(frame.code);
        return;
      case 'welcome':
        this.#state = 'greeted';
        this.#userId = frame.user.id;
        this.#ports.record(this.#proc, { type: 'conn', user: this.#userId, epoch: frame.epoch, node: frame.node });
        this.#places.beginSync(this.#epoch !== frame.epoch);
        this.#epoch = frame.epoch;
        return;
      case 'sync':
        return this.#sync(frame);
      case 'joined':
        return this.#places.joined(frame.joined);
      case 'changes':
        return this.#places.changes(frame);
      case 'pong':
        for (const [channelId, rev] of frame.tops) this.#places.top(channelId, rev);
        return;
      default:
    }
  }

  #sync(frame: SyncFrame): void {
    for (const channelId of frame.gone) this.#places.gone(channelId);
    for (const joined of frame.joined) this.#places.joined(joined);
    for (const changes of frame.changes) this.#places.changes(changes);
    if (!frame.done) return;
    this.#state = 'ready';
    this.#places.endSync();
    this.#attempts = 0;
    const { counts, times } = this.#ports.tally;
    counts.connects += 1;
    (this.#wasReady ? times.resume : times.connect).record(nowMs() - this.#wantedAt);
    this.#wasReady = true;
    this.#sends.repeat();
    this.#ports.onInSync();
  }

  #succeed({ ref, d }: OkFrame): void {
    if (this.#sends.succeeded(ref, d as Sent)) return;
    // Of what else is asked, only changes have an answer that matters.
    const changes = d as Partial<Changes>;
    if (changes.messages !== undefined) this.#places.changes(changes as Changes);
  }

  #hear({ senderId, body }: MessageView): void {
    if (senderId === this.#userId) return;
    this.#ports.tally.counts.delivered += 1;
    const dueMs = readDueMs(body);
    if (dueMs !== null && !this.plan.isStalling) this.#ports.tally.times.delivered.record(nowMs() - dueMs);
  }

  #command(t: string, d: object): number | undefined {
    // Before the sync the server takes no command.
    if (this.#state !== 'ready' || this.#socket === null) return undefined;
    const ref = this.#refs++;
    this.#socket.send(JSON.stringify({ t, ref, d }));
    return ref;
  }
}
