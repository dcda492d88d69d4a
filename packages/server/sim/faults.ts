import type { DatabaseServer } from './database/database-server.ts';
import type { Fault } from './happening.ts';
import type { RedisServer } from './redis/redis-server.ts';
import type { Scheduler } from './scheduler.ts';
import type { BusServer } from './sim-bus.ts';
import type { SimClient } from './sim-client.ts';
import type { SimNode } from './sim-node.ts';

/** One place for a node: its lives follow one another here. */
export interface NodeSlot {
  readonly name: string;
  /** Null while it is down. */
  node: SimNode | null;
  lives: number;
}

/** What faults can reach. */
export interface FaultWorld {
  readonly scheduler: Scheduler;
  readonly database: DatabaseServer;
  readonly busServer: BusServer;
  readonly redis: RedisServer;
  readonly slots: readonly NodeSlot[];
  readonly clients: readonly SimClient[];
  startNode(slot: NodeSlot): void;
}

/** Breaks things as a plan says, and mends them again. */
export class Faults {
  readonly #world: FaultWorld;
  /** What mends the faults that are still on. */
  readonly #mends = new Set<() => void>();

  constructor(world: FaultWorld) {
    this.#world = world;
  }

  /** Everything that is broken is whole again. */
  healAll(): void {
    for (const mend of [...this.#mends]) mend();
  }

  /** Breaks something; false when there was nothing to break at that moment. */
  apply(fault: Fault): boolean {
    switch (fault.kind) {
      case 'cut':
      case 'deafen':
      case 'outage':
      case 'lag':
      case 'trickle':
      case 'client-clock':
        return this.#applyToClient(fault);
      case 'crash':
      case 'drain':
      case 'node-clock':
        return this.#applyToNode(fault);
      case 'bus-trouble':
      case 'bus-away':
      case 'bus-cut':
        return this.#applyToBus(fault);
      case 'redis-crash':
      case 'redis-stall':
      case 'redis-flush':
      case 'redis-deaf':
      case 'redis-break':
        return this.#applyToRedis(fault);
      case 'redis-outage':
      case 'redis-mute':
      case 'redis-lag':
        return this.#applyToRedisWay(fault);
      case 'blackout':
        for (const { link, connection } of this.#world.clients) {
          connection?.break('reset');
          link.outage = 'refuse';
        }
        return this.#mendLater(fault.forMs, () => {
          for (const { link } of this.#world.clients) link.outage = null;
        });
      default:
        return this.#applyToDatabase(fault);
    }
  }

  #applyToRedis(
    fault: Extract<
      Fault,
      { readonly kind: 'redis-crash' | 'redis-stall' | 'redis-flush' | 'redis-deaf' | 'redis-break' }
    >,
  ): boolean {
    const { redis } = this.#world;
    switch (fault.kind) {
      case 'redis-crash':
        redis.crash(fault.loses);
        return this.#mendLater(fault.forMs, () => {
          redis.isDown = false;
        });
      case 'redis-stall':
        redis.stall();
        return this.#mendLater(fault.forMs, () => redis.goOn());
      case 'redis-flush':
        redis.model.execute(['FLUSHALL']);
        return true;
      case 'redis-deaf':
        return redis.deafen(fault.share) > 0;
      case 'redis-break':
        return redis.endAll(() => true) > 0;
      default:
        return fault satisfies never;
    }
  }

  #applyToRedisWay(fault: Extract<Fault, { readonly kind: 'redis-outage' | 'redis-mute' | 'redis-lag' }>): boolean {
    const way = this.#world.slots[fault.node]?.node?.way.redisWay;
    if (way == null) return false;
    switch (fault.kind) {
      case 'redis-outage':
        way.outage = fault.how;
        return this.#mendLater(fault.forMs, () => {
          way.outage = null;
        });
      case 'redis-mute':
        way.losesAnswers = true;
        return this.#mendLater(fault.forMs, () => {
          way.losesAnswers = false;
        });
      case 'redis-lag':
        way.lowMs = fault.lowMs;
        way.highMs = fault.highMs;
        return this.#mendLater(fault.forMs, () => {
          way.lowMs = 0.05;
          way.highMs = 0.4;
        });
      default:
        return fault satisfies never;
    }
  }

  #applyToClient(fault: Extract<Fault, { readonly client: number }>): boolean {
    const client = this.#world.clients[fault.client];
    if (client === undefined) return false;
    const { link, connection } = client;
    const isConnected = connection !== null && !connection.isOver;
    switch (fault.kind) {
      case 'cut':
        if (isConnected) connection.break(fault.how);
        return isConnected;
      case 'deafen':
        if (isConnected) connection.deafen(fault.direction);
        return isConnected;
      case 'outage':
        connection?.break(fault.how === 'refuse' ? 'reset' : 'vanish');
        link.outage = fault.how;
        return this.#mendLater(fault.forMs, () => {
          link.outage = null;
        });
      case 'lag':
        link.lowMs = fault.lowMs;
        link.highMs = fault.highMs;
        return this.#mendLater(fault.forMs, () => {
          link.lowMs = 1;
          link.highMs = 20;
        });
      case 'trickle':
        link.downRate = fault.rate;
        return this.#mendLater(fault.forMs, () => {
          link.downRate = Number.POSITIVE_INFINITY;
          client.connection?.drain();
        });
      case 'client-clock':
        client.wallOffsetMs = fault.byMs;
        return true;
      default:
        return fault satisfies never;
    }
  }

  #applyToNode(fault: Extract<Fault, { readonly kind: 'crash' | 'drain' | 'node-clock' }>): boolean {
    const slot = this.#world.slots[fault.node];
    const node = slot?.node;
    if (slot === undefined || node === undefined || node === null) return false;
    if (fault.kind === 'node-clock') {
      node.clock.wallOffsetMs = fault.byMs;
      return true;
    }
    if (fault.kind === 'crash') {
      slot.node = null;
      node.crash(fault.isTold);
      return this.#mendLater(fault.forMs, () => this.#world.startNode(slot));
    }
    void node.drain(fault.forMs).then(() => {
      if (slot.node === node) this.#world.startNode(slot);
    });
    return true;
  }

  #applyToBus(fault: Extract<Fault, { readonly kind: 'bus-trouble' | 'bus-away' | 'bus-cut' }>): boolean {
    const { busServer } = this.#world;
    if (fault.kind === 'bus-trouble') {
      Object.assign(busServer, { lossShare: fault.loss, doubleShare: fault.double, lateShare: fault.late });
      return this.#mendLater(fault.forMs, () => {
        Object.assign(busServer, { lossShare: 0, doubleShare: 0, lateShare: 0 });
        if (fault.loss > 0) busServer.tellLoss();
      });
    }
    if (fault.kind === 'bus-away') {
      busServer.isAway = true;
      return this.#mendLater(fault.forMs, () => {
        busServer.isAway = false;
        busServer.tellLoss();
      });
    }
    const bus = this.#world.slots[fault.node]?.node?.way.simBus;
    if (bus == null) return false;
    busServer.disconnect(bus);
    return this.#mendLater(fault.forMs, () => busServer.reconnect(bus));
  }

  #applyToDatabase(fault: Extract<Fault, { readonly kind: `database-${string}` }>): boolean {
    const { database, slots } = this.#world;
    if (fault.kind === 'database-crash') {
      database.isDown = true;
      for (const { node } of slots) node?.breakDatabase(true);
      database.crash();
      return this.#mendLater(fault.forMs, () => {
        database.isDown = false;
      });
    }
    if (fault.kind === 'database-disk') {
      database.diskMs = { low: fault.lowMs, high: fault.highMs };
      return this.#mendLater(fault.forMs, () => {
        database.diskMs = null;
      });
    }
    const node = slots[fault.node]?.node;
    if (node === undefined || node === null) return false;
    const { link } = node;
    switch (fault.kind) {
      case 'database-break':
        node.breakDatabase(fault.isServerTold);
        return true;
      case 'database-outage':
        link.outage = fault.how;
        if (fault.how === 'refuse') node.breakDatabase(true);
        return this.#mendLater(fault.forMs, () => {
          link.outage = null;
        });
      case 'database-mute':
        link.losesAnswers = true;
        return this.#mendLater(fault.forMs, () => {
          link.losesAnswers = false;
        });
      case 'database-lag':
        link.lowMs = fault.lowMs;
        link.highMs = fault.highMs;
        return this.#mendLater(fault.forMs, () => {
          link.lowMs = 0.1;
          link.highMs = 0.6;
        });
      default:
        return fault satisfies never;
    }
  }

  #mendLater(forMs: number, mend: () => void): true {
    const once = (): void => {
      if (this.#mends.delete(once)) mend();
    };
    this.#mends.add(once);
    this.#world.scheduler.after(forMs, once);
    return true;
  }
}
