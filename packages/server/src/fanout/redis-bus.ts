import type { Timer } from '../lib/clock.ts';
import type { RedisLink } from '../storage/redis.ts';
import type { Bus, BusPayload, Topic } from './bus.ts';
import { RedisSubscriber } from './redis-subscriber.ts';

/** How often the bus proves to itself that it hears what it says. */
const BEAT_PERIOD_MS = 1_000;
/** Beats that were published and not heard before the connection counts as deaf. */
const MAX_UNHEARD_BEATS = 2;

export interface RedisBusPorts {
  readonly link: RedisLink;
  /** Unlike that of any other node. */
  readonly nodeName: string;
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
  readonly #subscriber: RedisSubscriber;
  readonly #timer: Timer;
  readonly #beatChannel: string;
  readonly #lossChannel: string;
  #outgoing = new Map<Topic, BusPayload[]>();
  #sentBeat = 0;
  #heardBeat = 0;
  /** Something was published that the other nodes cannot have heard. */
  #hasDropped = false;

  constructor(ports: RedisBusPorts) {
    this.#ports = ports;
    const { link, nodeName } = ports;
    this.#beatChannel = `${link.prefix}beat:${nodeName}`;
    this.#lossChannel = `${link.prefix}loss`;
    this.#subscriber = new RedisSubscriber({
      link,
      onMessage: (text, channel) => this.#hear(text, channel),
      onLoss: () => this.onLoss(),
    });
    for (const channel of [this.#beatChannel, this.#lossChannel, this.#channelOf('nodes')])
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
    for (const [topic, payloads] of outgoing) {
      if (!link.isReady) {
        this.#hasDropped = true;
        return;
      }
      link.client.publish(this.#channelOf(topic), `${nodeName}\n${JSON.stringify(payloads)}`).catch(() => {
        this.#hasDropped = true;
      });
    }
  }

  #hear(text: string, channel: string): void {
    if (channel === this.#beatChannel) {
      this.#heardBeat = Math.max(this.#heardBeat, Number(text));
      return;
    }
    const end = text.indexOf('\n');
    const from = text.slice(0, end);
    // What this node says it has heard already, within the call.
    if (end < 0 || from === this.#ports.nodeName) return;
    if (channel === this.#lossChannel) this.onLoss();
    else this.#deliver(text.slice(end + 1));
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

  /** Looks whether the last beats came back; a connection that seems well and hears nothing is made anew. */
  #beat(): void {
    const { link } = this.#ports;
    if (!link.isReady) return;
    this.#tellDropped();
    if (this.#subscriber.isListening && this.#sentBeat - this.#heardBeat >= MAX_UNHEARD_BEATS) this.#startOver();
    const beat = this.#sentBeat + 1;
    link.client.publish(this.#beatChannel, String(beat)).then(
      (listeners) => {
        if (listeners > 0) this.#sentBeat = beat;
        else if (this.#subscriber.isListening) this.#startOver();
      },
      () => {},
    );
  }

  #startOver(): void {
    this.#heardBeat = this.#sentBeat;
    this.#subscriber.reconnect();
  }

  #tellDropped(): void {
    if (!this.#hasDropped) return;
    this.#hasDropped = false;
    const { link, nodeName } = this.#ports;
    link.client.publish(this.#lossChannel, `${nodeName}\n`).catch(() => {
      this.#hasDropped = true;
    });
  }
}
