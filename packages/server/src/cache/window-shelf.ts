import type { CacheConfig, ChannelId, RevEvent } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import { type RecentChange, type RecentState, RecentWindow } from './recent-window.ts';

/** What all windows of a node may take; the longest unread go first. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Events of a channel that wait to be put in order; what has to wait longer is read from the database. */
const MAX_UNREAD = 500;

interface Entry {
  window: RecentWindow;
  /** Events that were heard and not looked at, by rev. */
  readonly unread: Map<number, string>;
  usedAtMs: number;
  sharedAtMs: number;
  sharedTop: number;
  /** As counted in the sum. */
  bytes: number;
}

/** The windows that a node keeps, in the order of their last use. */
export class WindowShelf {
  readonly #config: CacheConfig;
  readonly #clock: Clock;
  readonly #entries = new Map<ChannelId, Entry>();
  #bytes = 0;

  constructor(config: CacheConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes events for a window that is kept; they are read when somebody asks. */
  take(channelId: ChannelId, events: readonly { readonly rev: number; readonly json: string }[]): void {
    const entry = this.#entries.get(channelId);
    if (entry === undefined) return;
    for (const { rev, json } of events) if (rev > entry.window.top) entry.unread.set(rev, json);
    if (entry.unread.size <= MAX_UNREAD) return;
    catchUp(entry);
    if (entry.unread.size > MAX_UNREAD) entry.unread.clear();
  }

  /** A window with all that was heard for it; undefined when there is none. */
  get(channelId: ChannelId): RecentWindow | undefined {
    const entry = this.#entries.get(channelId);
    if (entry === undefined) return undefined;
    catchUp(entry);
    this.#use(channelId, entry);
    return entry.window;
  }

  /** Takes what was read, joined to what is known. */
  put(channelId: ChannelId, state: RecentState): RecentWindow {
    const entry = this.#entries.get(channelId);
    const read = new RecentWindow(state, this.#config.messageLimit);
    if (entry === undefined) {
      const fresh = { window: read, unread: new Map(), usedAtMs: 0, sharedAtMs: 0, sharedTop: 0, bytes: 0 };
      this.#use(channelId, fresh);
      return read;
    }
    catchUp(entry);
    entry.window = joined(entry.window, read, state);
    catchUp(entry);
    this.#use(channelId, entry);
    return entry.window;
  }

  /** What other nodes should be given; null when they were given it, or something like it a short while ago. */
  stateToShare(channelId: ChannelId, isNews: boolean): RecentState | null {
    const entry = this.#entries.get(channelId);
    if (entry === undefined || entry.window.top === entry.sharedTop) return null;
    const now = this.#clock.monotonic();
    if (!isNews && now - entry.sharedAtMs < this.#config.refreshInterval) return null;
    entry.sharedAtMs = now;
    entry.sharedTop = entry.window.top;
    return entry.window.state();
  }

  #use(channelId: ChannelId, entry: Entry): void {
    entry.usedAtMs = this.#clock.monotonic();
    this.#bytes += entry.window.bytes - entry.bytes;
    entry.bytes = entry.window.bytes;
    this.#entries.delete(channelId);
    this.#entries.set(channelId, entry);
    for (const [oldestId, oldest] of this.#entries) {
      const isUnused = entry.usedAtMs - oldest.usedAtMs > this.#config.expiry;
      if (oldest === entry || (!isUnused && this.#bytes <= MAX_BYTES)) break;
      this.#entries.delete(oldestId);
      this.#bytes -= oldest.bytes;
    }
  }
}

/** Puts events that follow into their window, and forgets those that are in it. */
function catchUp(entry: Entry): void {
  const { window, unread } = entry;
  if (unread.size === 0) return;
  for (const rev of unread.keys()) if (rev <= window.top) unread.delete(rev);
  for (let json = unread.get(window.top + 1); json !== undefined; json = unread.get(window.top + 1)) {
    unread.delete(window.top + 1);
    if (!window.add(changeOf(JSON.parse(json) as RevEvent))) break;
  }
}

function changeOf(event: RevEvent): RecentChange {
  const { rev } = event;
  return event.t === 'message'
    ? { rev, message: event.message, isOfMembers: false }
    : { rev, message: null, isOfMembers: event.t === 'members' };
}

/** The widest that has no hole: what was read may begin lower, or end higher, or both. */
function joined(known: RecentWindow, read: RecentWindow, state: RecentState): RecentWindow {
  if (state.floor < known.floor) return read.extend(known.state()) ? read : known;
  return known.extend(state) ? known : read;
}
