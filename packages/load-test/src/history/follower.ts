import type { Changes, ChannelId, DownFrame, JoinedChannel, RevEvent, SyncFrame, UserId } from '@parley/protocol';

/** One thing that a frame makes a client do with its copy of a root channel, in the order in which it does them. */
export type Step =
  | { readonly kind: 'reset'; readonly channel: ChannelId; readonly seq: number; readonly rev: number }
  | { readonly kind: 'gone'; readonly channel: ChannelId }
  | { readonly kind: 'event'; readonly channel: ChannelId; readonly event: RevEvent }
  /** An event came of a channel that is not known, or not yet: it does nothing, and must not tell who is out of it anything. */
  | { readonly kind: 'heard'; readonly channel: ChannelId; readonly rev: number }
  | { readonly kind: 'changes'; readonly channel: ChannelId; readonly changes: Changes };

/**
 * How far a client that follows the protocol has got in each root channel, worked out from the frames alone. Written apart from
 * the SDK, so that the one can be held against the other.
 */
export class Follower {
  readonly #revs = new Map<ChannelId, number>();
  /** Events that came before their turn, or before their channel was known. */
  readonly #held = new Map<ChannelId, Map<number, RevEvent>>();
  /** The rev at which the user was last known to be out of a channel. */
  readonly #outAt = new Map<ChannelId, number>();
  #userId: UserId | null = null;

  revOf(channel: ChannelId): number | undefined {
    return this.#revs.get(channel);
  }

  /** Takes one frame from the server. */
  take(frame: DownFrame): Step[] {
    switch (frame.t) {
      case 'welcome':
        this.#userId = frame.user.id;
        return [];
      case 'sync':
        return this.#sync(frame);
      case 'joined':
        return this.joined(frame.joined);
      case 'changes':
        return this.changes(frame);
      case 'message':
      case 'channel':
      case 'members':
        return this.#offer(frame);
      default:
        return [];
    }
  }

  /**
   * Takes a channel; one that is known already stays where it is. `isLive`: the user has come into it just now, so that what was said
   * since then is still to be told.
   */
  joined({ channel, membership }: JoinedChannel, isLive = true): Step[] {
    if (channel.kind === 'thread' || this.#revs.has(channel.id)) return [];
    if (channel.rev <= (this.#outAt.get(channel.id) ?? -1)) return [];
    const toldSeq = Math.max(membership.joinedSeq, membership.readSeq);
    const isBehind = isLive && toldSeq < channel.lastSeq;
    const { seq, rev } = isBehind
      ? { seq: toldSeq, rev: membership.rev ?? channel.rev }
      : { seq: channel.lastSeq, rev: channel.rev };
    this.#revs.set(channel.id, rev);
    return [{ kind: 'reset', channel: channel.id, seq, rev }, ...this.#due(channel.id)];
  }

  /** Takes all that changed after a rev, unless it does not reach back to where the client stands. */
  changes(changes: Changes): Step[] {
    const channel = changes.channelId;
    const rev = this.#revs.get(channel);
    if (rev === undefined || changes.rev <= rev || (changes.from > rev && !changes.reset)) return [];
    this.#revs.set(channel, changes.rev);
    if (changes.reset) {
      const seq = changes.channel?.lastSeq ?? 0;
      return [{ kind: 'reset', channel, seq, rev: changes.rev }, ...this.#due(channel)];
    }
    const step: Step = { kind: 'changes', channel, changes };
    if (this.#isOut(changes.members?.left)) return [step, ...this.#drop(channel)];
    return [step, ...this.#due(channel)];
  }

  /** The channel may not be seen any more, as the answer to a question about it says. */
  refused(channel: ChannelId): Step[] {
    return this.#drop(channel);
  }

  #sync(frame: SyncFrame): Step[] {
    const steps: Step[] = [];
    if (frame.reset) {
      this.#revs.clear();
      this.#outAt.clear();
      this.#held.clear();
    }
    for (const channel of frame.gone) steps.push(...this.#drop(channel));
    for (const joined of frame.joined) steps.push(...this.joined(joined, false));
    for (const changes of frame.changes) steps.push(...this.changes(changes));
    if (frame.done) for (const channel of this.#held.keys()) if (!this.#revs.has(channel)) this.#held.delete(channel);
    return steps;
  }

  #offer(event: RevEvent): Step[] {
    const rev = this.#revs.get(event.channel);
    if (rev !== undefined && event.rev <= rev) return [];
    const held = this.#held.get(event.channel) ?? new Map<number, RevEvent>();
    this.#held.set(event.channel, held.set(event.rev, event));
    if (rev === undefined) return [{ kind: 'heard', channel: event.channel, rev: event.rev }];
    return this.#due(event.channel);
  }

  #due(channel: ChannelId): Step[] {
    const steps: Step[] = [];
    const held = this.#held.get(channel);
    for (;;) {
      const rev = this.#revs.get(channel);
      if (rev === undefined || held === undefined) return steps;
      for (const old of held.keys()) if (old <= rev) held.delete(old);
      const event = held.get(rev + 1);
      if (event === undefined) return steps;
      this.#revs.set(channel, event.rev);
      steps.push({ kind: 'event', channel, event });
      if (event.t === 'members' && this.#isOut(event.left)) return [...steps, ...this.#drop(channel)];
    }
  }

  #isOut(left: readonly UserId[] | undefined): boolean {
    return this.#userId !== null && left?.includes(this.#userId) === true;
  }

  #drop(channel: ChannelId): Step[] {
    const rev = this.#revs.get(channel);
    if (rev === undefined) return [];
    this.#revs.delete(channel);
    this.#outAt.set(channel, rev);
    this.#held.delete(channel);
    return [{ kind: 'gone', channel }];
  }
}
