import { makeUuid, type PresenceData, type Role, type UserId, type UserView } from '@parley/protocol';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import type { Clock } from '../lib/clock.ts';
import { MemoryPresenceStore, type PresenceNodes } from '../presence/memory-presence-store.ts';
import { PresenceRoom } from '../presence/presence-room.ts';
import type { Postgres } from '../storage/postgres.ts';
import { FakeClock } from './fake-clock.ts';

/** A connected device that writes down what it is told. */
export class TestDevice {
  readonly userId: UserId;
  readonly serverRole: Role;
  readonly node: TestPresenceNode;
  readonly seen = new Map<UserId, PresenceData>();
  readonly frames: PresenceData[][] = [];
  /** What others were told to be called, in order. */
  readonly names: string[] = [];
  /** True while its socket takes nothing that may be lost. */
  isBehind = false;

  constructor(node: TestPresenceNode, userId: UserId, serverRole: Role) {
    this.node = node;
    this.userId = userId;
    this.serverRole = serverRole;
  }

  async watch(userIds: readonly UserId[]): Promise<PresenceData[]> {
    const states = await this.node.room.watch(this, this, userIds);
    this.seen.clear();
    for (const state of states) this.seen.set(state.userId, state);
    return states;
  }

  take(json: string): void {
    const { presence, user } = JSON.parse(json) as { presence: PresenceData[]; user?: UserView };
    if (user !== undefined) return void this.names.push(user.displayName);
    this.frames.push(presence);
    for (const state of presence) this.seen.set(state.userId, state);
  }
}

/** One node of a world that shares a database, a bus and a store. */
export class TestPresenceNode {
  readonly room: PresenceRoom<TestDevice>;
  readonly errors: unknown[] = [];
  isAlive = true;

  constructor(world: TestPresenceWorld) {
    const { clock, nodes, postgres } = world;
    const bus = new MemoryBus();
    bus.publish = (_topic, payload) => {
      if (payload.kind === 'node' && this.isAlive) world.publish(payload.payload);
    };
    // What a crashed process had planned never happens.
    const own: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      setTimeout: (run, delayMs) => clock.setTimeout(() => this.isAlive && run(), delayMs),
      setInterval: (run, periodMs) => clock.setInterval(() => this.isAlive && run(), periodMs),
    };
    this.room = new PresenceRoom<TestDevice>({
      db: postgres.db,
      store: new MemoryPresenceStore(makeUuid(), own, nodes),
      fanout: new Fanout(bus),
      clock: own,
      tell: (devices, json) => {
        for (const device of devices) if (!device.isBehind) device.take(json);
        return devices.filter((device) => device.isBehind);
      },
      onError: (error) => void this.errors.push(error),
    });
  }

  connect(userId: UserId, serverRole: Role = 'member'): TestDevice {
    const device = new TestDevice(this, userId, serverRole);
    this.room.opened(device);
    return device;
  }

  /** Ends as `kill -9` does. */
  crash(): void {
    this.isAlive = false;
  }
}

/** Nodes over one database, with time in the test's hands. */
export class TestPresenceWorld {
  readonly clock = new FakeClock();
  readonly nodes: PresenceNodes = new Map();
  readonly postgres: Postgres;
  /** Every notice of which this says so is lost on its way, as a bus may lose it. */
  loses: () => boolean = () => false;
  readonly #rooms: TestPresenceNode[] = [];

  constructor(postgres: Postgres) {
    this.postgres = postgres;
  }

  addNode(): TestPresenceNode {
    const node = new TestPresenceNode(this);
    this.#rooms.push(node);
    return node;
  }

  publish(payload: unknown): void {
    if (this.loses()) return;
    for (const node of this.#rooms) if (node.isAlive) node.room.noticed(JSON.parse(JSON.stringify(payload)));
  }

  /** Lets time pass in steps, and the database answer whatever each of them has asked. */
  async pass(delayMs: number): Promise<void> {
    const stepMs = 50;
    for (let passedMs = 0; passedMs < delayMs; passedMs += stepMs) {
      await this.clock.advance(Math.min(stepMs, delayMs - passedMs));
      await this.quiet();
    }
  }

  /** Resolves when no query is under way and nothing that follows from one starts another. */
  async quiet(): Promise<void> {
    const { pool } = this.postgres;
    for (let quietTurns = 0; quietTurns < 3; ) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const isBusy = pool.waitingCount > 0 || pool.totalCount > pool.idleCount;
      quietTurns = isBusy ? 0 : quietTurns + 1;
    }
  }

  get errors(): unknown[] {
    return this.#rooms.flatMap((node) => node.errors);
  }

  async close(): Promise<void> {
    await this.quiet();
    for (const node of this.#rooms) if (node.isAlive) await node.room.drain();
  }
}
