import type { Changes, ChannelId, JoinedChannel, MessageView, ResumePoint, RevEvent } from '@parley/protocol';
import type { Item, RecordBody } from '../checker/history-record.ts';
import { digestOf } from './marker.ts';

/** How far a user is in one channel. */
interface Place {
  rev: number;
  seq: number;
  /** What came before its turn, by rev. */
  held: Map<number, RevEvent> | null;
  isAsking: boolean;
}

export interface PlacesPorts {
  /** Only these channels matter; what else the user is in is let pass. */
  readonly rooms: ReadonlySet<string>;
  /** A message that the user had not seen before. */
  onNew(message: MessageView): void;
  onGap(): void;
  /** Asks the server for all that changed after a rev. */
  askChanges(channelId: ChannelId, since: number): void;
  /** Notes for the history checker; null where nobody looks at this user. */
  readonly record: ((body: RecordBody) => void) | null;
}

/** What one user holds of the channels of the run: a correct client's three rules, without keeping any message. */
export class Places {
  readonly #ports: PlacesPorts;
  readonly #places = new Map<ChannelId, Place>();
  #isSyncing = false;

  constructor(ports: PlacesPorts) {
    this.#ports = ports;
  }

  /** What a resume tells. */
  points(): ResumePoint[] {
    return [...this.#places].map(([channelId, place]) => [channelId, place.rev]);
  }

  revOf(channelId: ChannelId): number {
    return this.#places.get(channelId)?.rev ?? 0;
  }

  seqOf(channelId: ChannelId): number {
    return this.#places.get(channelId)?.seq ?? 0;
  }

  /** A sync is under way: what comes meanwhile is newer than what it tells. */
  beginSync(isReset: boolean): void {
    this.#isSyncing = true;
    if (isReset) this.#places.clear();
  }

  endSync(): void {
    this.#isSyncing = false;
    for (const [channelId, place] of this.#places) {
      place.isAsking = false;
      this.#applyHeld(channelId, place);
    }
  }

  joined({ channel, membership }: JoinedChannel): void {
    if (!this.#ports.rooms.has(channel.id)) return;
    const known = this.#places.get(channel.id);
    if (known !== undefined && known.rev >= channel.rev) return;
    // Events may have come a moment before; they are kept and follow.
    const place = { rev: channel.rev, seq: channel.lastSeq, held: known?.held ?? null, isAsking: false };
    this.#places.set(membership.channelId, place);
    this.#ports.record?.({ type: 'reset', channel: channel.id, seq: channel.lastSeq, rev: channel.rev });
    if (!this.#isSyncing) this.#applyHeld(channel.id, place);
  }

  gone(channelId: ChannelId): void {
    if (this.#places.delete(channelId)) this.#ports.record?.({ type: 'gone', channel: channelId });
  }

  event(event: RevEvent): void {
    const place = this.#places.get(event.channel);
    if (place === undefined || event.rev <= place.rev) return;
    if (event.rev === place.rev + 1 && !this.#isSyncing) {
      this.#apply(place, event);
      if (place.held !== null) this.#applyHeld(event.channel, place);
      return;
    }
    place.held ??= new Map();
    place.held.set(event.rev, event);
    if (!this.#isSyncing) this.#ask(event.channel, place);
  }

  /** A channel's top, as a pong tells it: above ours and nothing comes means that something is missing. */
  top(channelId: ChannelId, rev: number): void {
    const place = this.#places.get(channelId);
    if (place !== undefined && rev > place.rev && !this.#isSyncing) this.#ask(channelId, place);
  }

  changes(changes: Changes): void {
    const place = this.#places.get(changes.channelId);
    if (place === undefined) return;
    place.isAsking = false;
    if (changes.reset) {
      place.rev = changes.rev;
      place.seq = changes.channel?.lastSeq ?? place.seq;
      this.#ports.record?.({ type: 'reset', channel: changes.channelId, seq: place.seq, rev: place.rev });
    } else if (changes.rev > place.rev && changes.from <= place.rev) this.#applyChanges(place, changes);
    if (!this.#isSyncing) this.#applyHeld(changes.channelId, place);
  }

  #applyChanges(place: Place, { channelId, rev, messages, members }: Changes): void {
    const fresh = messages.filter((message) => message.rev > place.rev);
    this.#ports.record?.({
      type: 'resume',
      channel: channelId,
      from: place.rev,
      rev,
      items: fresh.map(itemOf),
      joined: members?.joined.map(({ userId }) => userId) ?? [],
      left: members?.left ?? [],
    });
    place.rev = rev;
    for (const message of [...fresh].sort((a, b) => a.seq - b.seq)) {
      if (message.seq <= place.seq) continue;
      place.seq = message.seq;
      this.#ports.onNew(message);
    }
  }

  #applyHeld(channelId: ChannelId, place: Place): void {
    const { held } = place;
    if (held === null) return;
    for (const rev of held.keys()) if (rev <= place.rev) held.delete(rev);
    for (let event = held.get(place.rev + 1); event !== undefined; event = held.get(place.rev + 1)) {
      held.delete(event.rev);
      this.#apply(place, event);
    }
    if (held.size === 0) place.held = null;
    else this.#ask(channelId, place);
  }

  #ask(channelId: ChannelId, place: Place): void {
    if (place.isAsking) return;
    place.isAsking = true;
    this.#ports.onGap();
    this.#ports.askChanges(channelId, place.rev);
  }

  #apply(place: Place, event: RevEvent): void {
    place.rev = event.rev;
    const { channel, rev } = event;
    if (event.t !== 'message') {
      const moves = event.t === 'members' ? { joined: event.joined.map(({ userId }) => userId), left: event.left } : {};
      this.#ports.record?.({ type: 'recv', op: event.t, channel, rev, ...moves });
      return;
    }
    const { id, seq, body } = event.message;
    this.#ports.record?.({ type: 'recv', op: event.change, channel, rev, id, seq, digest: digestOf(body) });
    if (event.change !== 'new') return;
    place.seq = Math.max(place.seq, seq);
    this.#ports.onNew(event.message);
  }
}

/** A message as the checker compares it. */
export function itemOf({ id, seq, rev, body }: MessageView): Item {
  return { id, seq, rev, digest: digestOf(body) };
}
