import { setTimeout as delay } from 'node:timers/promises';
import type { UserId } from '@parley/protocol';
import { Fanout } from '../../packages/server/src/fanout/fanout.ts';
import { MemoryBus } from '../../packages/server/src/fanout/memory-bus.ts';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { MemoryPresenceStore } from '../../packages/server/src/presence/memory-presence-store.ts';
import { PresenceRoom } from '../../packages/server/src/presence/presence-room.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { addUsers } from '../receipts/crowd.ts';
import { type BenchDatabase, openBenchDatabase } from '../send/database.ts';

export const name = 'presence';
export const description = 'users who come at once, and changes told to 1,000 watchers of 200 users each';

const WATCHED = 200;
const CHANGES_PER_SECOND = 200;
const POLL_MS = 5;
/** Nothing here takes longer; reaching it is a failure. */
const DEADLINE_MS = 60_000;

interface Device {
  userId: UserId;
}

/** A room over a database, with what it tells counted instead of sent. */
class World {
  readonly room: PresenceRoom<Device>;
  readonly watchers: Device[] = [];
  frames = 0;
  deliveries = 0;
  statements = 0;
  readonly #onTold = new Map<UserId, (presence: string) => void>();

  constructor(database: BenchDatabase) {
    const bus = new MemoryBus();
    bus.onPayload = (payload) => {
      if (payload.kind === 'node') this.room.noticed(payload.payload);
    };
    database.pool.on('acquire', () => {
      this.statements += 1;
    });
    this.room = new PresenceRoom<Device>({
      db: database.db,
      store: new MemoryPresenceStore('bench', systemClock),
      fanout: new Fanout(bus),
      clock: systemClock,
      onError: (error) => {
        throw error;
      },
      tell: (devices, json) => {
        this.frames += 1;
        this.deliveries += devices.length;
        for (const [userId, told] of this.#onTold) if (json.includes(userId)) told(json);
        return [];
      },
    });
  }

  /** Calls back with the next frame that names the user. */
  nextFrameOf(userId: UserId): Promise<string> {
    return new Promise((resolve) => {
      this.#onTold.set(userId, (json) => {
        this.#onTold.delete(userId);
        resolve(json);
      });
    });
  }
}

async function until(isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!isDone()) {
    if (performance.now() > deadline) throw new Error('unable to measure; what was waited for did not come');
    await delay(POLL_MS);
  }
}

/** All users come within one moment, while the watchers look. */
async function storm(world: World, users: UserId[]): Promise<{ row: Row; devices: Device[] }> {
  const before = world.statements;
  const told = world.deliveries;
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const devices = users.map((userId) => ({ userId }));
  for (const device of devices) world.room.opened(device);
  await until(() => world.deliveries - told >= world.watchers.length);
  await until(() => world.room.userCount >= users.length);
  const used = process.cpuUsage(cpu);
  return {
    devices,
    row: {
      what: `${users.length} users come at once`,
      ms: performance.now() - startedAt,
      cpu_ms: (used.user + used.system) / 1_000,
      statements: world.statements - before,
      frames: world.frames,
      deliveries: world.deliveries - told,
    },
  };
}

/** Devices that are left alone and taken up again, some each second; how long until a watcher is told. */
async function churn(
  world: World,
  devices: Device[],
  seconds: number,
): Promise<{ row: Row; p50: number; p99: number }> {
  const before = { statements: world.statements, frames: world.frames, deliveries: world.deliveries };
  const cpu = process.cpuUsage();
  const times: number[] = [];
  const idle = new Set<Device>();
  const endsAt = performance.now() + seconds * 1_000;
  for (let change = 0; performance.now() < endsAt; change++) {
    const device = devices[change % WATCHED];
    if (device === undefined) break;
    const isIdle = !idle.delete(device);
    if (isIdle) idle.add(device);
    const startedAt = performance.now();
    const told = world.nextFrameOf(device.userId);
    await world.room.set(device.userId, device, { idle: isIdle });
    void told.then(() => times.push(performance.now() - startedAt));
    await delay(1_000 / CHANGES_PER_SECOND);
  }
  await delay(500);
  const used = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return {
    p50: at(0.5),
    p99: at(0.99),
    row: {
      what: `${times.length} changes in ${seconds} s to ${world.watchers.length} watchers`,
      p50_ms: at(0.5),
      p99_ms: at(0.99),
      cpu_ms: (used.user + used.system) / 1_000,
      statements: world.statements - before.statements,
      frames: world.frames - before.frames,
      deliveries: world.deliveries - before.deliveries,
    },
  };
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const count = quick ? 2_000 : 10_000;
  const seconds = quick ? 2 : 5;
  const database = await openBenchDatabase(4);
  try {
    const users = await addUsers(database, count);
    const lookers = await addUsers(database, quick ? 200 : 1_000);
    const world = new World(database);
    log('presence: watching');
    for (const userId of lookers) {
      const watcher = { userId };
      world.watchers.push(watcher);
      world.room.opened(watcher);
      await world.room.watch(watcher, { userId, serverRole: 'member' }, users.slice(0, WATCHED));
    }
    log('presence: all come');
    const { row, devices } = await storm(world, users);
    log('presence: changes');
    const changes = await churn(world, devices, seconds);
    const quietBefore = world.statements;
    await delay(seconds * 1_000);
    const quiet = world.statements - quietBefore;
    await world.room.drain();
    const stormMs = Number(row.ms);
    return createResult(name, {
      rows: [row, changes.row, { what: `${count} users do nothing for ${seconds} s`, statements: quiet }],
      ratios: {},
      budgets: [
        atMost(`${count} users come at once, ms`, stormMs, 2_000),
        atMost('a change is told, p99 ms', changes.p99, 1_000),
        atMost('statements while nothing happens', quiet, 0),
      ],
    });
  } finally {
    await database.remove();
  }
}
