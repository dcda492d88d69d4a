import type { ChannelId } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import {
  advanceStatus,
  type ChannelFloors,
  type ChannelRange,
  type CursorRow,
  lockFloors,
  readCursors,
  saveFloors,
} from './floor-store.ts';
import { floorOf, stepFloor } from './floors.ts';

/** Largest channel whose status columns are kept; above it every status is derived from the cursors when it is asked for. */
export const MAX_STATUS_MEMBERS = 100;
/** Between two runs; a message that is delivered and read within it is written once. */
const PERIOD_MS = 1_000;
/** Messages that one transaction looks at: who comes back after months is caught up with in several. */
const MAX_SPAN = 10_000;
/** Channels of one transaction. */
const CHUNK = 200;
/** Channels that may wait; one that is left out is caught up by its next receipt. */
const MAX_WAITING = 100_000;

export interface StatusFollowerPorts {
  readonly db: Database;
  readonly clock: Clock;
  onError(error: unknown): void;
}

/** Lets `messages.status`, `delivered_at` and `read_at` follow the members' cursors, in ranges and behind them. */
export class StatusFollower {
  readonly #ports: StatusFollowerPorts;
  readonly #waiting = new Set<ChannelId>();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(ports: StatusFollowerPorts) {
    this.#ports = ports;
  }

  /** Cursors of this channel have moved. */
  note(channelId: ChannelId): void {
    if (this.#waiting.size < MAX_WAITING) this.#waiting.add(channelId);
    this.#arm();
  }

  /** Brings the columns of all noted channels up to their cursors; rejects when the database did not let it. */
  async flush(): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => {});
    this.#timer?.cancel();
    this.#timer = null;
    this.#running = this.#followAll().finally(() => {
      this.#running = null;
      this.#arm();
    });
    await this.#running;
  }

  async drain(): Promise<void> {
    this.#closed = true;
    await this.flush().catch((error: unknown) => this.#ports.onError(error));
  }

  #arm(): void {
    if (this.#closed || this.#timer !== null || this.#running !== null || this.#waiting.size === 0) return;
    this.#timer = this.#ports.clock.setTimeout(() => {
      this.flush().catch((error: unknown) => this.#ports.onError(error));
    }, PERIOD_MS);
  }

  async #followAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const channelIds = [...this.#waiting].slice(0, CHUNK);
      for (const channelId of channelIds) this.#waiting.delete(channelId);
      try {
        const unfinished = await this.#ports.db.transaction().execute((tx) => follow(tx, channelIds));
        for (const channelId of unfinished) this.#waiting.add(channelId);
      } catch (error) {
        for (const channelId of channelIds) this.#waiting.add(channelId);
        throw error;
      }
    }
  }
}

/** One step for each channel; returns those with more to do. */
async function follow(tx: Tx, channelIds: readonly ChannelId[]): Promise<ChannelId[]> {
  const settled = await lockFloors(tx, channelIds);
  // Read after the lock: what another node settled before is then seen, and so are the cursors that made it do so.
  const members = await readCursors(tx, [...settled.keys()], MAX_STATUS_MEMBERS);
  const ranges = { delivered: [] as ChannelRange[], read: [] as ChannelRange[] };
  const next = new Map<ChannelId, ChannelFloors>();
  const unfinished: ChannelId[] = [];
  let span = MAX_SPAN;
  for (const [channelId, floors] of settled) {
    const cursors = members.get(channelId) ?? [];
    if (cursors.length > MAX_STATUS_MEMBERS) continue;
    const steps = stepBoth(floors, cursors, span);
    next.set(channelId, { delivered: steps.delivered.floor, read: steps.read.floor });
    for (const status of ['delivered', 'read'] as const) {
      ranges[status].push(...steps[status].ranges.map((range) => ({ ...range, channelId })));
      for (const range of steps[status].ranges) span -= range.to - range.from;
    }
    span = Math.max(0, span);
    if (!steps.delivered.isDone || !steps.read.isDone) unfinished.push(channelId);
  }
  // What is read already needs no second version of its row for having been delivered.
  await advanceStatus(tx, 'read', ranges.read);
  await advanceStatus(tx, 'delivered', ranges.delivered);
  await saveFloors(tx, next);
  return unfinished;
}

function stepBoth(floors: ChannelFloors, members: readonly CursorRow[], maxSpan: number) {
  const active = members.filter((member) => member.isActive);
  const step = (settled: ChannelFloors['read'], seqOf: (member: CursorRow) => number) =>
    stepFloor(settled, floorOf(active.map((member) => ({ userId: member.userId, seq: seqOf(member) }))), maxSpan);
  return {
    delivered: step(floors.delivered, (member) => member.deliveredSeq),
    read: step(floors.read, (member) => member.readSeq),
  };
}
