import type { DatabaseServer } from './database/database-server.ts';
import type { Fault } from './plan.ts';
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

  apply(fault: Fault): void {
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
      default:
        return this.#applyToDatabase(fault);
    }
  }

  #applyToClient(fault: Extract<Fault, { readonly client: number }>): void {
    const client = this.#world.clients[fault.client];
    if (client === undefined) return;
    const { link, connection } = client;
    switch (fault.kind) {
      case 'cut':
        return connection?.break(fault.how);
      case 'deafen':
        return connection?.deafen(fault.direction);
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
        return;
      default:
        return fault satisfies never;
    }
  }

  #applyToNode(fault: Extract<Fault, { readonly kind: 'crash' | 'drain' | 'node-clock' }>): void {
    const slot = this.#world.slots[fault.node];
    const node = slot?.node;
    if (slot === undefined || node === undefined || node === null) return;
    if (fault.kind === 'node-clock') {
      node.clock.wallOffsetMs = fault.byMs;
      return;
    }
    if (fault.kind === 'crash') {
      slot.node = null;
      node.crash(fault.isTold);
      return this.#mendLater(fault.forMs, () => this.#world.startNode(slot));
    }
    void node.drain(fault.forMs).then(() => {
      if (slot.node === node) this.#world.startNode(slot);
    });
  }

  #applyToBus(fault: Extract<Fault, { readonly kind: 'bus-trouble' | 'bus-away' | 'bus-cut' }>): void {
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
    const bus = this.#world.slots[fault.node]?.node?.bus;
    if (bus === undefined) return;
    busServer.disconnect(bus);
    this.#mendLater(fault.forMs, () => busServer.reconnect(bus));
  }

  #applyToDatabase(fault: Extract<Fault, { readonly kind: `database-${string}` }>): void {
    const { database, slots } = this.#world;
    if (fault.kind === 'database-crash') {
      database.isDown = true;
      for (const { node } of slots) node?.breakDatabase(true);
      database.crash();
      return this.#mendLater(fault.forMs, () => {
        database.isDown = false;
      });
    }
    const node = slots[fault.node]?.node;
    if (node === undefined || node === null) return;
    const { link } = node;
    switch (fault.kind) {
      case 'database-break':
        return node.breakDatabase(fault.isServerTold);
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

  #mendLater(forMs: number, mend: () => void): void {
    const once = (): void => {
      if (this.#mends.delete(once)) mend();
    };
    this.#mends.add(once);
    this.#world.scheduler.after(forMs, once);
  }
}
