import type { Timer } from '../lib/clock.ts';
import { startDeadline } from '../lib/deadline.ts';
import type { RedisLink } from '../storage/redis.ts';
import { destroy, type RedisClient } from '../storage/redis-client.ts';

/** A new listener waits this long for Redis to confirm; after it he is told what he missed once Redis does. */
const CONFIRM_TIMEOUT_MS = 1_000;
/** Between two questions while channels keep coming: those who come meanwhile share the next, and what they do after it. */
const SPACING_MS = 20;
/** Channels named by one command. */
const CHUNK = 5_000;

export interface RedisSubscriberPorts {
  readonly link: RedisLink;
  /** The primary of a cluster whose channels these are, by sharded pub/sub; undefined: ordinary pub/sub, anywhere. */
  readonly shard?: string;
  onMessage(text: string, channel: string): void;
  /** Messages may have been lost, and from now on are heard again. */
  onLoss(): void;
}

/** Hears channels; what all kinds of subscribers offer the bus. */
export interface BusSubscriber {
  /** True while all that is wanted is asked for on connections that seem to be well. */
  readonly isListening: boolean;
  add(channel: string): void;
  remove(channel: string): void;
  /** Resolves when Redis has confirmed everything added so far, or cannot at present: `onLoss` follows then. */
  whenListening(): Promise<void>;
  /** Makes a new connection in place of the one that should hear this channel, seems to be well and does not. */
  reconnect(channel: string): void;
  close(): void;
}

/** Listens to the channels that are wanted, over one connection that is made anew as often as it must be. */
export class RedisSubscriber implements BusSubscriber {
  readonly #ports: RedisSubscriberPorts;
  readonly #wanted = new Set<string>();
  /** What the present connection was asked for. */
  #held = new Set<string>();
  #client: RedisClient | null = null;
  #isListening = false;
  readonly #changed = new Set<string>();
  #isFlushScheduled = false;
  #isFlushing = false;
  readonly #onMessage: (text: string, channel: string) => void;
  /** The answer to what is being asked for, or is asked for next. */
  #answer: Promise<void> = Promise.resolve();
  /** What changes now is still asked for by that question. */
  #isGathering = false;
  /** The answer to that and to all that changed meanwhile. */
  #confirmed: Promise<void> = Promise.resolve();
  #isLate = false;
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(ports: RedisSubscriberPorts) {
    this.#ports = ports;
    this.#onMessage = (text, channel) => ports.onMessage(text, channel);
    void this.#run();
  }

  /** True while all that is wanted is asked for on a connection that seems to be well. */
  get isListening(): boolean {
    return this.#isListening;
  }

  add(channel: string): void {
    this.#wanted.add(channel);
    this.#change(channel);
  }

  remove(channel: string): void {
    this.#wanted.delete(channel);
    this.#change(channel);
  }

  /** Resolves when Redis has confirmed everything added so far, or cannot at present: `onLoss` follows then. */
  async whenListening(): Promise<void> {
    this.#flush();
    if (this.#client === null) return;
    const { clock } = this.#ports.link;
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = startDeadline(clock, CONFIRM_TIMEOUT_MS, () => {
        this.#isLate = true;
        resolve();
      });
    });
    await Promise.race([this.#answerToAll(), late]);
    timer?.cancel();
  }

  /** Not of what is added after it: while many come one after the other, something always is. */
  async #answerToAll(): Promise<void> {
    const areAsked = this.#changed.size === 0 || this.#isGathering;
    try {
      await this.#answer;
      // What had changed by then has been asked for by now.
      if (!areAsked) await this.#answer;
    } catch {
      // A connection that could not be asked is made anew.
    }
  }

  /** Makes a new connection in place of one that seems to be well and is not. */
  reconnect(): void {
    if (this.#client !== null) destroy(this.#client);
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.reconnect();
  }

  async #run(): Promise<void> {
    const { link } = this.#ports;
    for (let failures = 0, isFirst = true; !this.#isClosed; ) {
      let client: RedisClient | null = null;
      try {
        client = await link.home.newConnection(this.#ports.shard);
        const gone = this.#whenGone(client);
        await client.connect();
        failures = 0;
        await this.#listenOn(client, isFirst);
        isFirst = false;
        await gone;
      } catch (error) {
        failures += 1;
        link.reportError(error);
      }
      this.#isListening = false;
      this.#client = null;
      if (client !== null) destroy(client);
      if (!this.#isClosed) await this.#wait(link.retryDelay(failures));
    }
  }

  #whenGone(client: RedisClient): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      // A server that hands a channel over to another one no longer tells it.
      for (const event of ['error', 'end', 'sharded-channel-moved']) client.on(event, () => resolve());
    });
  }

  async #listenOn(client: RedisClient, isFirst: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#held = new Set();
    this.#client = client;
    for (const channel of this.#wanted) this.#changed.add(channel);
    // What still runs on the connection before this one ends by itself, and sees that it is out of date.
    this.#isFlushing = false;
    this.#isGathering = false;
    this.#confirmed = Promise.resolve();
    this.#flush();
    await this.#confirmed;
    if (!client.isOpen) return;
    this.#isListening = true;
    if (!isFirst) this.#ports.onLoss();
  }

  /** What one turn adds and removes goes out together. */
  #change(channel: string): void {
    this.#changed.add(channel);
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushScheduled = false;
    const client = this.#client;
    if (client === null || this.#isFlushing || this.#changed.size === 0) return;
    this.#isFlushing = true;
    this.#confirmed = this.#askUntilSettled(client).then(
      () => this.#tellLate(),
      (error: unknown) => {
        this.#ports.link.reportError(error);
        destroy(client);
      },
    );
  }

  /** One change of subscriptions at a time: to ask for a channel while it is being given up would leave it deaf. */
  async #askUntilSettled(client: RedisClient): Promise<void> {
    try {
      for (let spacingMs = 0; this.#changed.size > 0 && this.#client === client; spacingMs = SPACING_MS) {
        this.#answer = this.#askForChanged(client, spacingMs);
        await this.#answer;
      }
    } finally {
      if (this.#client === client) this.#isFlushing = false;
    }
  }

  async #askForChanged(client: RedisClient, spacingMs: number): Promise<void> {
    if (spacingMs > 0) {
      this.#isGathering = true;
      await new Promise<void>((resolve) => void this.#ports.link.clock.setTimeout(resolve, spacingMs));
      if (this.#client !== client) return;
      this.#isGathering = false;
    }
    const changed = [...this.#changed];
    this.#changed.clear();
    const added = changed.filter((channel) => this.#wanted.has(channel) && !this.#held.has(channel));
    const removed = changed.filter((channel) => !this.#wanted.has(channel) && this.#held.has(channel));
    for (const channel of added) this.#held.add(channel);
    for (const channel of removed) this.#held.delete(channel);
    await this.#ask(client, added, removed);
  }

  async #ask(client: RedisClient, added: readonly string[], removed: readonly string[]): Promise<void> {
    if (this.#ports.shard === undefined) {
      const [off, on] = [chunks(removed), chunks(added)];
      await Promise.all([
        ...off.map((part) => client.unsubscribe(part)),
        ...on.map((part) => client.subscribe(part, this.#onMessage)),
      ]);
    } else {
      // Channels of one command have to be in one slot.
      await Promise.all([
        ...removed.map((channel) => client.sUnsubscribe(channel)),
        ...added.map((channel) => client.sSubscribe(channel, this.#onMessage)),
      ]);
    }
  }

  #tellLate(): void {
    if (!this.#isLate) return;
    this.#isLate = false;
    this.#ports.onLoss();
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#ports.link.clock.setTimeout(resolve, delayMs);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

function chunks(items: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) parts.push(items.slice(start, start + CHUNK));
  return parts;
}
