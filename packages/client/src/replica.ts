import type {
  Changes,
  ChannelId,
  CursorEvent,
  JoinedChannel,
  MembersEvent,
  MessageEvent,
  MessageView,
  ReceiptsEvent,
  RevEvent,
  SyncFrame,
  UserId,
} from '@parley/protocol';
import type { ChannelContent } from './channel-content.ts';
import { ChannelState } from './channel-state.ts';
import type { DeliveryReporter } from './delivery-reporter.ts';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import type { Repairs } from './repair.ts';

/** Events kept for channels that are not known yet. */
const MAX_STRAYS = 200;

export interface ReplicaPorts {
  readonly events: Emitter<ClientEvents>;
  /** The content of a channel that the application has opened. */
  content(channelId: ChannelId): ChannelContent | undefined;
  contents(): Iterable<ChannelContent>;
  /** The list of channels, or one entry of it, has changed. */
  onChannels(channelId: ChannelId): void;
  /** Told of what is known to be missing. */
  readonly repairs: Pick<Repairs, 'note'>;
  /** Told of what this device has, and asked how far the user has read here where the server may not know yet. */
  readonly reporter: Pick<DeliveryReporter, 'delivered' | 'forget' | 'readUpTo'>;
  /** Whether unread messages still mention the user is for the server to say. */
  onUnsureCounts(channelId: ChannelId): void;
  /** The user has come into a channel, in which something may have been written since. */
  onJoined(state: ChannelState): void;
  /** Another history has begun: no position in the old one says anything. */
  onRestarted(): void;
  /** A message came that is new. */
  onMessage(message: MessageView): void;
}

/**
 * The channels of the user as this client has them: a copy of the server's state that only ever moves along each channel's order of
 * changes, by events where none is missing and by changes where some were.
 */
export class Replica {
  readonly #ports: ReplicaPorts;
  readonly #channels = new Map<ChannelId, ChannelState>();
  /**
   * Events of channels that are not known yet: the word that one has joined may be a moment behind the first event. Losing them
   * loses nothing, since the log sees a hole and mends it.
   */
  #strays: RevEvent[] = [];
  /** The rev at which the user was last known to be out of a root channel: an answer from before it does not bring it back. */
  readonly #outAt = new Map<ChannelId, number>();
  #userId: UserId | null = null;

  constructor(ports: ReplicaPorts) {
    this.#ports = ports;
  }

  setUser(userId: UserId): void {
    this.#userId = userId;
  }

  get(channelId: ChannelId): ChannelState | undefined {
    return this.#channels.get(channelId);
  }

  all(): IterableIterator<ChannelState> {
    return this.#channels.values();
  }

  /** What this client has of each root channel: where a resume begins. */
  resumePoints(): [ChannelId, number][] {
    return [...this.#channels.values()].flatMap((state) => (state.log === null ? [] : [[state.id, state.log.rev]]));
  }

  /** Takes one event in whatever order they come. */
  offer(event: RevEvent): void {
    const state = this.#channels.get(event.channel);
    if (state?.log == null) return this.#keepStray(event);
    for (const due of state.log.offer(event)) this.#apply(state, due, true);
    this.#ports.reporter.delivered(state.id, state.seenSeq);
    if (state.log.hasGap) this.#ports.repairs.note(state.id);
  }

  /** Learns that a root channel has got to `rev`; false when the channel is not known. */
  noteTop(channelId: ChannelId, rev: number): boolean {
    const state = this.#channels.get(channelId);
    if (state?.log == null) return state !== undefined;
    state.log.noteTop(rev);
    if (state.log.hasGap) this.#ports.repairs.note(channelId);
    return true;
  }

  /** Takes all that changed in a channel after a rev. Returns false when it told of a reset. */
  takeChanges(changes: Changes, isLive: boolean): boolean {
    const state = this.#channels.get(changes.channelId);
    if (state === undefined) this.#noteOut(changes);
    if (state?.log == null || changes.rev <= state.log.rev) return true;
    if (changes.reset) this.#restart(state, changes, isLive);
    else if (changes.from > state.log.rev) {
      this.noteTop(changes.channelId, changes.rev);
      return true;
    } else this.#takeWhole(state, changes, isLive);
    for (const due of state.log.advance(changes.rev)) this.#apply(state, due, true);
    this.#ports.onChannels(state.id);
    if (this.#channels.has(state.id)) this.#ports.reporter.delivered(state.id, state.seenSeq);
    return !changes.reset;
  }

  /** Takes a channel whole, as it is now. `isLive`: the user has come into it just now, and not while this client was away. */
  takeJoined(joined: JoinedChannel, isLive: boolean): void {
    const { channel } = joined;
    const known = this.#channels.get(channel.id);
    if (known === undefined) {
      if (channel.rev <= (this.#outAt.get(channel.id) ?? -1)) return;
      const state = new ChannelState(channel, joined.membership, isLive);
      this.#channels.set(channel.id, state);
      this.#ports.content(channel.id)?.reset();
      this.#ports.onChannels(channel.id);
      this.#ports.events.emit('channelJoined', state.summary);
      if (isLive) this.#ports.onJoined(state);
      const strays = this.#strays;
      this.#strays = [];
      for (const event of strays) this.offer(event);
      if (state.log?.hasGap) this.#ports.repairs.note(state.id);
    } else {
      known.join(joined);
      // The view may be ahead of the log: what lies between is still to come, or missing.
      if (known.log !== null) this.noteTop(channel.id, channel.rev);
      this.#tellChanged(known);
    }
  }

  /** The user is no longer in a channel, or does not follow a thread any more. */
  remove(channelId: ChannelId, rev?: number): void {
    const state = this.#channels.get(channelId);
    if (state === undefined) return;
    if (state.log !== null) {
      this.#outAt.set(channelId, rev ?? state.log.rev);
      for (const content of this.#ports.contents()) if (this.#rootOf(content) === channelId) content.clear();
    }
    this.#channels.delete(channelId);
    for (const thread of this.#channels.values()) if (thread.view.rootId === channelId) this.remove(thread.id);
    this.#ports.reporter.forget(channelId);
    this.#ports.onChannels(channelId);
    this.#ports.events.emit('channelLeft', { channelId });
  }

  /** Takes one frame of a sync. */
  takeSync(frame: SyncFrame, onSynced: (channelId: ChannelId, isWhole: boolean) => void): void {
    if (frame.reset) this.#forgetAll();
    for (const channelId of frame.gone) this.remove(channelId);
    for (const joined of frame.joined) {
      this.takeJoined(joined, false);
      onSynced(joined.channel.id, false);
    }
    for (const changes of frame.changes) onSynced(changes.channelId, this.takeChanges(changes, false));
    for (const [channelId, lastSeq, readSeq, deliveredSeq, mentions] of frame.cursors) {
      const state = this.#channels.get(channelId);
      if (state === undefined) continue;
      state.noteLastSeq(lastSeq);
      this.#setCursors(state, readSeq, deliveredSeq, mentions);
      this.#ports.onChannels(channelId);
    }
    if (frame.done) this.#finishSync();
  }

  takeCursor(event: CursorEvent): void {
    const state = this.#channels.get(event.channel);
    // Two nodes may have read the database one after the other, and be heard the other way round.
    if (state === undefined || (event.reachedSeq !== undefined && !state.noteReached(event.reachedSeq))) return;
    this.#setCursors(state, event.readSeq, event.deliveredSeq, event.mentions);
    this.#tellChanged(state);
  }

  takeReceipts(event: ReceiptsEvent): void {
    const content = this.#ports.content(event.channel);
    content?.receipts.apply(event.receipts);
    content?.onChange('receipts');
    this.#ports.events.emit('receipts', { channelId: event.channel, receipts: event.receipts });
  }

  /** Takes the state of a message from an answer: it is shown at once, and the log learns that its rev exists. */
  takeAnswer(message: MessageView): void {
    this.#show(message);
    this.noteTop(message.rootId ?? message.channelId, message.rev);
  }

  /** The user has read up to `seq`, here and now. */
  markRead(channelId: ChannelId, seq: number): void {
    const state = this.#channels.get(channelId);
    const own = state?.membership;
    if (state === undefined || own == null || seq <= own.readSeq) return;
    // Which mentions are still unread is known here only when all is read; otherwise the server tells.
    const mentions = seq >= state.view.lastSeq ? 0 : own.mentions;
    state.setCursors(seq, Math.max(seq, own.deliveredSeq), mentions);
    this.#ports.onChannels(channelId);
  }

  /** Out again before it was known that the user was in: the answer that tells so is still on its way. */
  #noteOut({ channelId, rev, members }: Changes): void {
    const isOut = this.#userId !== null && members?.left.includes(this.#userId) === true;
    if (isOut && rev > (this.#outAt.get(channelId) ?? -1)) this.#outAt.set(channelId, rev);
  }

  #keepStray(event: RevEvent): void {
    if (this.#strays.push(event) > MAX_STRAYS) this.#strays.shift();
  }

  #apply(root: ChannelState, event: RevEvent, isLive: boolean): void {
    switch (event.t) {
      case 'message':
        return this.#applyMessage(root, event.message, event.change, isLive);
      case 'channel':
        root.setView(event.view);
        return this.#tellChanged(root);
      case 'members':
        root.setMemberCount(event.memberCount, event.rev);
        return this.#applyMembers(root, event, event.rev);
      default:
        // A kind of change that a newer server knows: its rev counts, its content is left out.
        return;
    }
  }

  #applyMessage(
    root: ChannelState,
    message: MessageView,
    change: MessageEvent['change'] | null,
    isLive: boolean,
  ): void {
    const place = message.channelId === root.id ? root : this.#channels.get(message.channelId);
    // A repair may have told of it before its event came, so the event's own word is taken only where nothing is tracked.
    const isNew =
      place?.noteMessage(message, this.#userId) ?? (change === 'new' || (change === null && looksNew(message)));
    this.#show(message);
    this.#ports.onChannels(message.channelId);
    if (place !== undefined && place !== root) this.#ports.reporter.delivered(place.id, place.seenSeq);
    const { events } = this.#ports;
    if (isNew) {
      this.#ports.onMessage(message);
      events.emit('message', { message, rootId: root.id, isLive });
      return;
    }
    if (place !== undefined && change !== 'reacted') this.#checkCounts(place, message);
    const known = change === null || change === 'new' ? 'unknown' : change;
    events.emit('messageChanged', { message, rootId: root.id, change: known });
  }

  /** An unread message may have got or lost a mention of the user. */
  #checkCounts({ id, membership }: ChannelState, { seq, senderId }: MessageView): void {
    if (membership !== null && seq > membership.readSeq && senderId !== this.#userId) this.#ports.onUnsureCounts(id);
  }

  #show(message: MessageView): void {
    const content = this.#ports.content(message.channelId);
    if (content === undefined) return;
    content.list.apply(message);
    content.onChange('messages');
  }

  #applyMembers(root: ChannelState, { joined, left }: Pick<MembersEvent, 'joined' | 'left'>, rev: number): void {
    if (this.#userId !== null && left.includes(this.#userId)) return this.remove(root.id, rev);
    const own = joined.find((member) => member.userId === this.#userId);
    if (own !== undefined && root.membership !== null) root.setMembership({ ...root.membership, role: own.role });
    const content = this.#ports.content(root.id);
    content?.members.apply(joined, left, rev);
    content?.receipts.remove(left);
    content?.onChange('members');
    this.#ports.onChannels(root.id);
    this.#ports.events.emit('members', { channelId: root.id, joined, left });
  }

  #takeWhole(state: ChannelState, changes: Changes, isLive: boolean): void {
    // They come by rev: one that was changed after later ones were sent would else be taken for known, and those for unknown.
    const messages = changes.messages.toSorted((a, b) => a.seq - b.seq);
    const since = state.log?.rev ?? 0;
    // What came as an event while this was asked for is applied already.
    for (const message of messages) if (message.rev > since) this.#applyMessage(state, message, null, isLive);
    // After them: what it says of the last message holds for the counts as well, and these are not told with it.
    if (changes.channel !== undefined) {
      state.setView(changes.channel);
      this.#tellChanged(state);
    }
    if (changes.members !== undefined) this.#applyMembers(state, changes.members, changes.rev);
  }

  #restart(state: ChannelState, changes: Changes, isLive: boolean): void {
    if (changes.channel !== undefined) state.setView(changes.channel);
    state.restart();
    // A sync tells the counts with it, an answer does not.
    if (isLive) {
      for (const { id, view } of this.#channels.values())
        if ((view.rootId ?? id) === state.id) this.#ports.onUnsureCounts(id);
    }
    for (const content of this.#ports.contents()) {
      if ((this.#rootOf(content) ?? state.id) === state.id) content.reset();
    }
  }

  /** The root channel of something opened; null for a thread of which nothing is known. */
  #rootOf(content: ChannelContent): ChannelId | null {
    const known = this.#channels.get(content.id)?.view;
    return known?.rootId ?? known?.id ?? content.list.messages[0]?.rootId ?? null;
  }

  /** What the user has read here just now is not taken back by what the server said before it knew. */
  #setCursors(state: ChannelState, readSeq: number, deliveredSeq: number, mentions: number): void {
    const seq = this.#ports.reporter.readUpTo(state.id, readSeq);
    const isAllRead = seq > readSeq && seq >= state.view.lastSeq;
    state.setCursors(seq, Math.max(seq, deliveredSeq), isAllRead ? 0 : mentions);
  }

  #tellChanged(state: ChannelState): void {
    this.#ports.onChannels(state.id);
    this.#ports.events.emit('channelChanged', state.summary);
  }

  #forgetAll(): void {
    const gone = [...this.#channels.keys()];
    this.#channels.clear();
    this.#strays = [];
    this.#outAt.clear();
    this.#ports.onRestarted();
    for (const content of this.#ports.contents()) content.forget();
    for (const channelId of gone) {
      this.#ports.reporter.forget(channelId);
      this.#ports.onChannels(channelId);
    }
  }

  #finishSync(): void {
    this.#strays = [];
    for (const state of this.#channels.values()) {
      this.#ports.reporter.delivered(state.id, state.seenSeq);
      if (state.log?.hasGap) this.#ports.repairs.note(state.id);
    }
  }
}

/** Of a thread that is not followed it is not known what was there; a message that nothing was done to is taken for new. */
function looksNew({ editedAt, deletedAt, pinnedAt, threadId, reactions }: MessageView): boolean {
  const marks = [editedAt, deletedAt, pinnedAt, threadId, reactions?.[0]];
  return marks.every((mark) => mark === undefined);
}
