import type { ChannelId, UserId } from '@parley/protocol';
import type { Fanout } from '../fanout/fanout.ts';
import type { Clock, Timer } from '../lib/clock.ts';

/** Who says nothing more is taken to have stopped; clients repeat the sign about every 3 s. */
export const TYPING_LAPSE_MS = 6_000;
/** A sign is passed on at most this often: clients believe it for 6 s, so one repeat may even be lost. */
const REPEAT_MS = 2_500;
/** More names than anybody can read; further ones are not passed on, so a crowd that types costs no more than these. */
const MAX_PER_CHANNEL = 20;
/** Channels in which one user types at a time, over all of his devices. */
const MAX_PER_USER = 5;

interface Sign {
  readonly rootId: ChannelId;
  endsAt: number;
  toldAt: number;
  timer: Timer;
}

/** Who types where, as far as the devices of this node say. Nothing of it is stored, and every sign ends by itself. */
export class Typing {
  readonly #fanout: Fanout;
  readonly #clock: Clock;
  readonly #byChannel = new Map<ChannelId, Map<UserId, Sign>>();
  readonly #byUser = new Map<UserId, Set<ChannelId>>();

  constructor(fanout: Fanout, clock: Clock) {
    this.#fanout = fanout;
    this.#clock = clock;
  }

  /** Channels in which a user types now. */
  channelsOf(userId: UserId): readonly ChannelId[] {
    return [...(this.#byUser.get(userId) ?? [])];
  }

  /** Takes a sign of somebody who may send in the channel. */
  set(userId: UserId, channel: { readonly id: ChannelId; readonly rootId: ChannelId }, isTyping: boolean): void {
    const known = this.#byChannel.get(channel.id)?.get(userId);
    if (!isTyping) {
      if (known !== undefined) this.#end(userId, channel.id, true);
      return;
    }
    const now = this.#clock.monotonic();
    if (known === undefined) this.#begin(userId, channel, now);
    else {
      known.endsAt = now + TYPING_LAPSE_MS;
      if (now - known.toldAt >= REPEAT_MS) {
        known.toldAt = now;
        this.#tell(userId, channel.id, known.rootId, true);
      }
    }
  }

  /** A message of the user was committed: whoever gets it knows that he has stopped. */
  sent(userId: UserId, channelId: ChannelId): void {
    if (this.#byUser.get(userId)?.has(channelId) === true) this.#end(userId, channelId, false);
  }

  /** The last device of the user on this node has gone. */
  gone(userId: UserId): void {
    for (const channelId of this.channelsOf(userId)) this.#end(userId, channelId, true);
  }

  stop(): void {
    for (const signs of this.#byChannel.values()) for (const sign of signs.values()) sign.timer.cancel();
    this.#byChannel.clear();
    this.#byUser.clear();
  }

  #begin(userId: UserId, channel: { readonly id: ChannelId; readonly rootId: ChannelId }, now: number): void {
    const signs = this.#byChannel.get(channel.id) ?? new Map<UserId, Sign>();
    const channels = this.#byUser.get(userId) ?? new Set<ChannelId>();
    if (signs.size >= MAX_PER_CHANNEL || channels.size >= MAX_PER_USER) return;
    this.#byChannel.set(channel.id, signs);
    this.#byUser.set(userId, channels);
    channels.add(channel.id);
    const timer = this.#clock.setTimeout(() => this.#lapse(userId, channel.id), TYPING_LAPSE_MS);
    signs.set(userId, { rootId: channel.rootId, endsAt: now + TYPING_LAPSE_MS, toldAt: now, timer });
    this.#tell(userId, channel.id, channel.rootId, true);
  }

  /** The sign was set to end by now, unless it was repeated. */
  #lapse(userId: UserId, channelId: ChannelId): void {
    const sign = this.#byChannel.get(channelId)?.get(userId);
    if (sign === undefined) return;
    const leftMs = sign.endsAt - this.#clock.monotonic();
    if (leftMs <= 0) this.#end(userId, channelId, true);
    else sign.timer = this.#clock.setTimeout(() => this.#lapse(userId, channelId), leftMs);
  }

  #end(userId: UserId, channelId: ChannelId, isTold: boolean): void {
    const signs = this.#byChannel.get(channelId);
    const sign = signs?.get(userId);
    if (signs === undefined || sign === undefined) return;
    sign.timer.cancel();
    signs.delete(userId);
    if (signs.size === 0) this.#byChannel.delete(channelId);
    const channels = this.#byUser.get(userId);
    channels?.delete(channelId);
    if (channels?.size === 0) this.#byUser.delete(userId);
    if (isTold) this.#tell(userId, channelId, sign.rootId, false);
  }

  #tell(userId: UserId, channelId: ChannelId, rootId: ChannelId, on: boolean): void {
    this.#fanout.ephemeral(rootId, { t: 'typing', channel: channelId, userId, on });
  }
}
