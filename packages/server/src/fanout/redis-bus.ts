import type { Timer } from '../lib/clock.ts';
import type { RedisLink } from '../storage/redis.ts';
import type { Bus, BusPayload, Topic } from './bus.ts';
import { type BusSubscriber, RedisSubscriber } from './redis-subscriber.ts';
import { ShardedSubscriber } from './sharded-subscriber.ts';

/** How often the bus proves to itself that it hears what it says. */
const BEAT_PERIOD_MS = 1_000;
/** On a cluster that shares out channels each primary has to be heard: of so many channels each has some. */
const SHARDED_BEATS = 32;
/** Beats that were published and not heard before the connection counts as deaf. */
const MAX_UNHEARD_BEATS = 2;

export interface RedisBusPorts {
  readonly link: RedisLink;
  /** Unlike that of any other node. */
  readonly nodeName: string;
  /** Something of another node was heard, so long after it was published there; by the clocks of both. */
  readonly onLag?: (lagMs: number) => void;
  onError(error: unknown): void;
}

/**
 * Carries payloads between nodes over Redis pub/sub. Listeners of this node are given theirs within the call, whatever
 * Redis does; what could not be sent to the others is made good by telling them of the loss.
 */
export class RedisBus implements Bus {
  onPayload: (payload: BusPayload) => void = () => {};
  onLoss: () => void = () => {};
  readonly #ports: RedisBusPorts;
  readonly #topics = new Set<Topic>(['nodes']);
  readonly #subscriber: BusSubscriber;
  readonly #timer: Timer;
  readonly #beats: ReadonlyMap<string, Beat>;
  readonly #lossChannel: string;
  #outgoing = new Map<Topic, BusPayload[]>();
  /** Something was published that the other nodes cannot have heard. */
  #hasDropped = false;

  constructor(ports: RedisBusPorts) {
    this.#ports = ports;
    const { link, nodeName } = ports;
    this.#lossChannel = `${link.prefix}loss`;
    const { shards } = link.home;
    const beats = Array.from({ length: shards === null ? 1 : SHARDED_BEATS }, (_, index) => index);
    this.#beats = new Map(beats.map((index) => [`${link.prefix}beat:${nodeName}:${index}`, { sent: 0, heard: 0 }]));
    const heard = {
      link,
      onMessage: (text: string, channel: string) => this.#hear(text, channel),
      onLoss: () => {
        // What was said before may have reached a server that nobody else listened to, and nothing failed.
        this.#hasDropped = true;
        this.onLoss();
      },
    };
    this.#subscriber = shards === null ? new RedisSubscriber(heard) : new ShardedSubscriber({ ...heard, shards });
    for (const channel of [...this.#beats.keys(), this.#lossChannel, this.#channelOf('nodes')])
      this.#subscriber.add(channel);
    this.#timer = link.clock.setInterval(() => this.#beat(), BEAT_PERIOD_MS);
  }

  /** True while this node hears the others, as far as it knows. */
  get isListening(): boolean {
    return this.#subscriber.isListening;
  }

  publish(topic: Topic, payload: BusPayload): void {
    if (this.#outgoing.size === 0) queueMicrotask(() => this.#flush());
    const waiting = this.#outgoing.get(topic);
    if (waiting === undefined) this.#outgoing.set(topic, [payload]);
    else waiting.push(payload);
    if (this.#topics.has(topic)) this.onPayload(payload);
  }

  subscribe(topic: Topic): void {
    this.#topics.add(topic);
    this.#subscriber.add(this.#channelOf(topic));
  }

  unsubscribe(topic: Topic): void {
    this.#topics.delete(topic);
    this.#subscriber.remove(this.#channelOf(topic));
  }

  whenListening(): Promise<void> {
    return this.#subscriber.whenListening();
  }

  close(): Promise<void> {
    this.#timer.cancel();
    this.#topics.clear();
    this.#subscriber.close();
    return Promise.resolve();
  }

  #channelOf(topic: Topic): string {
    return `${this.#ports.link.prefix}${topic}`;
  }

  /** One PUBLISH per topic and turn; those of one turn leave in one write. */
  #flush(): void {
    const outgoing = this.#outgoing;
    this.#outgoing = new Map();
    const { link, nodeName } = this.#ports;
    const head = `${nodeName} ${link.clock.now()}\n`;
    for (const [topic, payloads] of outgoing) {
      if (!link.isReady) {
        this.#hasDropped = true;
        return;
      }
      this.#send(this.#channelOf(topic), head + JSON.stringify(payloads)).catch(() => {
        this.#hasDropped = true;
      });
    }
  }

  #hear(text: string, channel: string): void {
    const beat = this.#beats.get(channel);
    if (beat !== undefined) {
      beat.heard = Math.max(beat.heard, Number(text));
      return;
    }
    const end = text.indexOf('\n');
    const [from, at] = text.slice(0, end).split(' ');
    // What this node says it has heard already, within the call.
    if (end < 0 || from === this.#ports.nodeName) return;
    if (channel === this.#lossChannel) return this.onLoss();
    // Nodes of an older version do not say when.
    const lagMs = this.#ports.link.clock.now() - Number(at ?? Number.NaN);
    if (Number.isFinite(lagMs)) this.#ports.onLag?.(Math.max(0, lagMs));
    this.#deliver(text.slice(end + 1));
  }

  #deliver(json: string): void {
    try {
      for (const payload of JSON.parse(json) as BusPayload[]) this.onPayload(payload);
    } catch (error) {
      // Not ours, or of another version: a bus may lose a payload, and the comparison of tops finds what it told.
      this.#ports.onError(error);
      this.onLoss();
    }
  }

  #send(channel: string, text: string): Promise<number> {
    const { client, home } = this.#ports.link;
    return home.shards === null ? client.publish(channel, text) : client.sPublish(channel, text);
  }

  /** Looks whether the last beats came back; a connection that seems well and hears nothing is made anew. */
  #beat(): void {
    if (!this.#ports.link.isReady) return;
    this.#tellDropped();
    for (const [channel, beat] of this.#beats) this.#beatOn(channel, beat);
  }

  #beatOn(channel: string, beat: Beat): void {
    const { countsListeners } = this.#ports.link.home;
    if (!this.#subscriber.isListening) beat.heard = beat.sent;
    if (this.#subscriber.isListening && beat.sent - beat.heard >= MAX_UNHEARD_BEATS) this.#startOver(channel, beat);
    const next = beat.sent + 1;
    this.#send(channel, String(next)).then(
      (listeners) => {
        if (listeners > 0 || !countsListeners) beat.sent = next;
        else if (this.#subscriber.isListening) this.#startOver(channel, beat);
      },
      () => {},
    );
  }

  #startOver(channel: string, beat: Beat): void {
    beat.heard = beat.sent;
    this.#subscriber.reconnect(channel);
  }

  #tellDropped(): void {
    if (!this.#hasDropped) return;
    this.#hasDropped = false;
    this.#send(this.#lossChannel, `${this.#ports.nodeName}\n`).catch(() => {
      this.#hasDropped = true;
    });
  }
}

/** How often a channel was spoken on and heard, by number. */
interface Beat {
  sent: number;
  heard: number;
}
