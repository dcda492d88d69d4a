import type { CacheConfig, ChannelId, MessageView } from '@parley/protocol';
import { batched } from '../lib/batched.ts';
import type { Clock } from '../lib/clock.ts';
import type { RecentState, RecentWindow } from './recent-window.ts';
import type { RedisWindowStore } from './redis-window-store.ts';
import { WindowShelf } from './window-shelf.ts';

/** Channels of one query, and such queries at a time: however many readers come at once, the pool stays free for others. */
const MAX_CHANNELS = 100;
const MAX_QUERIES = 2;
/** Readers who stand at almost the same rev share a query: what they ask for begins at a multiple of this. */
const FLOOR_STEP = 16;

/** Where an answer came from; `none`: not from here, it has to be read in full. */
export type CacheOutcome = 'memory' | 'redis' | 'database' | 'none';

/** All changes of a root channel after `floor`. */
export interface RecentRequest {
  readonly channelId: ChannelId;
  readonly floor: number;
}

interface Reading extends RecentRequest {
  /** The reader knows everything up to there. */
  readonly since: number;
  /** At which the reader has read the channel's row. */
  readonly rev: number;
  /** Whether Redis is asked: a whole window is worth the way for a page, and not for a few changes in each of many channels. */
  readonly isWhole: boolean;
}

export interface RecentPorts {
  readonly config: CacheConfig;
  readonly clock: Clock;
  /** Reads what the database holds, in the requests' order, each channel as of one moment; null: there is none. */
  load(requests: readonly RecentRequest[]): Promise<readonly (RecentState | null)[]>;
  /** What other nodes have read; undefined for a node that is alone. */
  readonly shared?: RedisWindowStore | undefined;
  onRead?(outcome: CacheOutcome): void;
}

/** What a reader wants of a window: his answer, or null when it is not in it. */
type Find = (window: RecentWindow) => MessageView[] | null;

/**
 * Recent messages of the channels that are read, in this node's memory and in Redis. Never the truth: every reader names the
 * rev at which he has read the channel's row, and is given exactly what the database holds at that rev, or nothing. Events
 * that this node hears keep a window at the top; what it has not heard is read from the database, once for all who ask.
 */
export class RecentMessages {
  readonly #ports: RecentPorts;
  readonly #shelf: WindowShelf;
  readonly #filling = new Map<string, Promise<CacheOutcome>>();
  readonly #load: (request: RecentRequest) => Promise<RecentState | undefined>;

  constructor(ports: RecentPorts) {
    this.#ports = ports;
    this.#shelf = new WindowShelf(ports.config, ports.clock);
    this.#load = batched({
      load: async (requests) => {
        const states = await ports.load(requests);
        return new Map(requests.flatMap((one, index) => (states[index] ? [[nameOf(one), states[index]]] : [])));
      },
      nameOf,
      maxKeys: MAX_CHANNELS,
      maxRunning: MAX_QUERIES,
      // Somebody waits for his page.
      spacingMs: 0,
      clock: ports.clock,
    });
  }

  /** Channels known here, and what they take. */
  stats(): { readonly channels: number; readonly bytes: number } {
    return { channels: this.#shelf.size, bytes: this.#shelf.bytes };
  }

  /** False: there is no cache. */
  get isOn(): boolean {
    return this.#ports.config.messageLimit > 0;
  }

  /** Takes committed events that this node has heard, in any order. Of channels that nobody reads nothing is kept. */
  take(channelId: ChannelId, events: readonly { readonly rev: number; readonly json: string }[]): void {
    if (!this.isOn) return;
    this.#shelf.take(channelId, events);
    // Inside a text quotation marks are escaped, so this is no part of one.
    if (events.some(({ json }) => json.includes('"change":"deleted"'))) this.#ports.shared?.drop(channelId);
  }

  /**
   * The messages of a root channel that changed after `since`, as of `rev`, at which its row was read. Null: not known here,
   * or members changed too.
   */
  changes(channelId: ChannelId, since: number, rev: number): Promise<MessageView[] | null> {
    const floor = since - (since % FLOOR_STEP);
    return this.#read({ channelId, floor, since, rev, isWhole: false }, (window) => window.changes(since, rev));
  }

  /** The messages from one seq to another of a channel or thread below a root, as of the root's `rev`. */
  page(
    rootId: ChannelId,
    channelId: ChannelId,
    range: { readonly from: number; readonly to: number },
    rev: number,
  ): Promise<MessageView[] | null> {
    const floor = Math.max(0, rev - this.#ports.config.messageLimit);
    return this.#read({ channelId: rootId, floor, since: floor, rev, isWhole: true }, (window) =>
      window.page(channelId, range.from, range.to, rev),
    );
  }

  async #read(reading: Reading, find: Find): Promise<MessageView[] | null> {
    if (reading.rev - reading.since > this.#ports.config.messageLimit) return null;
    let outcome: CacheOutcome = 'memory';
    let found = this.#look(reading, find);
    if (found === undefined) {
      outcome = await this.#fill(reading);
      found = this.#look(reading, find);
    }
    this.#ports.onRead?.(found == null ? 'none' : outcome);
    if (found != null && reading.isWhole) this.#share(reading.channelId, outcome === 'database');
    return found ?? null;
  }

  /** Null: it cannot be had from here. Undefined: it could, once more is read. */
  #look({ channelId, floor, rev }: Reading, find: Find): MessageView[] | null | undefined {
    const window = this.#shelf.get(channelId);
    if (window === undefined || window.top < rev) return undefined;
    const found = find(window);
    return found !== null || covers(window, floor) ? found : undefined;
  }

  /** Whoever needs the same waits for the same. */
  #fill(reading: Reading): Promise<CacheOutcome> {
    const name = nameOf(reading);
    const running = this.#filling.get(name);
    if (running !== undefined) return running;
    const filling = this.#fillNow(reading).finally(() => this.#filling.delete(name));
    this.#filling.set(name, filling);
    return filling;
  }

  async #fillNow({ channelId, floor, rev, isWhole }: Reading): Promise<CacheOutcome> {
    const { shared } = this.#ports;
    if (isWhole && shared !== undefined && !covers(this.#shelf.get(channelId), floor)) {
      const state = await shared.get(channelId);
      const window = state === null ? undefined : this.#shelf.put(channelId, state);
      if (window !== undefined && covers(window, floor) && window.top >= rev) return 'redis';
    }
    const known = this.#shelf.get(channelId);
    const isKnown = known !== undefined && covers(known, floor);
    const state = await this.#load({ channelId, floor: isKnown ? known.top : floor });
    if (state !== undefined) this.#shelf.put(channelId, state);
    return 'database';
  }

  /** Other nodes find what is in use here, written anew from time to time. */
  #share(channelId: ChannelId, isNews: boolean): void {
    const { shared } = this.#ports;
    const state = shared === undefined ? null : this.#shelf.stateToShare(channelId, isNews);
    if (state !== null) shared?.put(channelId, state);
  }
}

function covers(window: RecentWindow | undefined, floor: number): boolean {
  return window !== undefined && (window.floor <= floor || window.isFull);
}

function nameOf({ channelId, floor }: RecentRequest): string {
  return `${channelId}/${floor}`;
}
