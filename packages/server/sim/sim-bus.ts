import type { Random } from '@parley/load-test';
import type { Bus, BusPayload, Topic } from '../src/fanout/bus.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tally } from './tally.ts';

/** Whoever was cut off finds out within this: the bus hears its own beats, or does not. */
const DEAF_MS = 3_000;

/** How one node is connected to the bus at the moment. */
interface Membership {
  readonly bus: SimBus;
  /** What the server of the bus knows that this node listens to. */
  readonly topics: Set<Topic>;
  isConnected: boolean;
  /** When the last payload of each sender arrives here, so that one sender's payloads keep their order. */
  readonly lastMs: Map<SimBus, number>;
  /** When the last word about topics arrives at the server. */
  lastWordMs: number;
}

/**
 * The pub/sub server between the nodes: everything once and in order per sender while all is well; while not, payloads are
 * lost, doubled, late and overtaken, as the contract of a bus allows.
 */
export class BusServer {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #effects: Tally;
  readonly #members = new Map<SimBus, Membership>();
  /** Shares of payloads that are lost, doubled, or held up long enough to be overtaken. */
  lossShare = 0;
  doubleShare = 0;
  lateShare = 0;
  isAway = false;

  constructor(scheduler: Scheduler, random: Random, effects: Tally) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#effects = effects;
  }

  join(): SimBus {
    const bus: SimBus = new SimBus(this);
    const topics = new Set<Topic>(['nodes']);
    this.#members.set(bus, { bus, topics, isConnected: true, lastMs: new Map(), lastWordMs: 0 });
    return bus;
  }

  leave(bus: SimBus): void {
    this.#members.delete(bus);
  }

  /** Cuts a node off. What others publish meanwhile never reaches it, and what it publishes reaches nobody. */
  disconnect(bus: SimBus): void {
    const member = this.#members.get(bus);
    if (member !== undefined) member.isConnected = false;
  }

  /** The node is back, and finds out sooner or later that it was away; the others learn that they may have missed something. */
  reconnect(bus: SimBus): void {
    const member = this.#members.get(bus);
    if (member === undefined || member.isConnected) return;
    member.isConnected = true;
    this.tellLoss();
  }

  /** Every node finds out that payloads may have been lost. */
  tellLoss(): void {
    for (const { bus } of this.#members.values())
      this.#scheduler.after(this.#random.between(0, DEAF_MS), () => {
        if (this.#members.has(bus)) bus.onLoss();
      });
  }

  publish(from: SimBus, topic: Topic, payload: BusPayload): void {
    if (this.isAway || this.#members.get(from)?.isConnected !== true) return this.#effects.add('payload lost');
    // A payload crosses the wire as text: what one node does to its copy, the others never see.
    const text = JSON.stringify(payload);
    for (const member of this.#members.values()) {
      if (member.bus === from || !member.topics.has(topic)) continue;
      if (this.#random.chance(this.lossShare)) {
        this.#effects.add('payload lost');
        continue;
      }
      this.#carry(from, member, topic, text);
      if (!this.#random.chance(this.doubleShare)) continue;
      this.#effects.add('payload doubled');
      this.#carry(from, member, topic, text);
    }
  }

  /** Takes the word that a node listens to a topic, or does not any more; resolves when it has arrived. */
  listen(bus: SimBus, topic: Topic, on: boolean): Promise<void> {
    const member = this.#members.get(bus);
    if (member === undefined) return Promise.resolve();
    const { nowMs } = this.#scheduler;
    member.lastWordMs = Math.max(member.lastWordMs, nowMs + this.#random.between(0.1, 2));
    return new Promise((resolve) => {
      this.#scheduler.after(member.lastWordMs - nowMs, () => {
        if (on) member.topics.add(topic);
        else member.topics.delete(topic);
        resolve();
      });
    });
  }

  #carry(from: SimBus, member: Membership, topic: Topic, text: string): void {
    const isLate = this.#random.chance(this.lateShare);
    if (isLate) this.#effects.add('payload overtaken');
    const delayMs = isLate ? this.#random.between(5, 400) : this.#random.between(0.1, 2);
    let atMs = this.#scheduler.nowMs + delayMs;
    if (!isLate) {
      atMs = Math.max(atMs, member.lastMs.get(from) ?? 0);
      member.lastMs.set(from, atMs);
    }
    this.#scheduler.after(atMs - this.#scheduler.nowMs, () => {
      if (member.isConnected && this.#members.has(member.bus)) member.bus.hear(topic, JSON.parse(text) as BusPayload);
      else this.#effects.add('payload lost');
    });
  }
}

/** One node's end of the bus. What the node itself says it hears within the call. */
export class SimBus implements Bus {
  readonly #server: BusServer;
  readonly #topics = new Set<Topic>(['nodes']);
  #listening: Promise<void> = Promise.resolve();
  onPayload: (payload: BusPayload) => void = () => {};
  onLoss: () => void = () => {};

  constructor(server: BusServer) {
    this.#server = server;
  }

  publish(topic: Topic, payload: BusPayload): void {
    this.#server.publish(this, topic, payload);
    this.hear(topic, payload);
  }

  subscribe(topic: Topic): void {
    this.#topics.add(topic);
    this.#listening = this.#server.listen(this, topic, true);
  }

  unsubscribe(topic: Topic): void {
    this.#topics.delete(topic);
    void this.#server.listen(this, topic, false);
  }

  whenListening(): Promise<void> {
    return this.#listening;
  }

  hear(topic: Topic, payload: BusPayload): void {
    if (this.#topics.has(topic)) this.onPayload(payload);
  }

  close(): Promise<void> {
    this.#server.leave(this);
    return Promise.resolve();
  }
}
