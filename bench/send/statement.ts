import type { ChannelId, UserId } from '@parley/protocol';
import type pg from 'pg';
import { nowMs } from '../../packages/load-test/src/clock.ts';
import { Histogram, type Percentiles } from '../../packages/load-test/src/histogram.ts';
import { Pacer } from '../../packages/load-test/src/worker/pacer.ts';
import type { SendEntry } from '../../packages/server/src/queue/send-entry.ts';
import { entryOf } from '../../packages/server/src/testing/test-entry.ts';
import { layOutSend } from '../../packages/server/src/writer/send-statement.ts';
import type { Seeded } from './database.ts';

/** How to run the statement with nothing around it: as fast as it goes, from so many writers. */
export interface StatementRequest {
  kind: 'closed';
  seconds: number;
  rowsPerBatch: number;
  writers: number;
  body: string;
}

/** The same at a rate, a message each, whatever became of those before. */
export interface PacedRequest {
  kind: 'open';
  perSecond: number;
  warmUpMs: number;
  durationMs: number;
  body: string;
}

export interface StatementFigures {
  rowsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

/** The ceiling: the batch statement alone, from as many connections as the road uses, with batches already formed. */
export async function measureStatement(
  pool: pg.Pool,
  seeded: Seeded,
  request: StatementRequest,
): Promise<StatementFigures> {
  const until = performance.now() + request.seconds * 1_000;
  const times = new Histogram();
  let rows = 0;
  const write = async (writer: number): Promise<void> => {
    const mine = seeded.channels.flatMap((_, index) => (index % request.writers === writer ? [index] : []));
    while (performance.now() < until) {
      const entries = Array.from({ length: request.rowsPerBatch }, (_, place) =>
        messageAt(seeded, mine[place % mine.length] ?? 0, request.body),
      );
      const sentAt = performance.now();
      await insert(pool, entries);
      times.record(performance.now() - sentAt);
      rows += entries.length;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: request.writers }, (_, writer) => write(writer)));
  return {
    rowsPerSecond: rows / ((performance.now() - startedAt) / 1_000),
    p50Ms: times.at(0.5),
    p99Ms: times.at(0.99),
  };
}

/** The floor: from the moment a message was due until PostgreSQL had committed it, with nothing before and nothing behind. */
export async function measurePaced(pool: pg.Pool, seeded: Seeded, request: PacedRequest): Promise<Percentiles> {
  const times = new Histogram();
  const startMs = nowMs();
  const durationMs = request.warmUpMs + request.durationMs;
  const running = new Set<Promise<void>>();
  let count = 0;
  await new Promise<void>((resolve) => {
    const pace = { startMs, durationMs, rate: request.perSecond };
    const sendNext = (dueMs: number): void => {
      const entry = messageAt(seeded, count++ % seeded.channels.length, request.body);
      const one = insert(pool, [entry]).then(() => {
        running.delete(one);
        if (dueMs >= startMs + request.warmUpMs) times.record(nowMs() - dueMs);
      });
      running.add(one);
    };
    void new Pacer(pace, sendNext, resolve);
  });
  await Promise.all(running);
  return times.percentiles();
}

async function insert(pool: pg.Pool, entries: SendEntry[]): Promise<void> {
  const { name, text, values } = layOutSend(entries);
  await pool.query({ name, text, values });
}

function messageAt(seeded: Seeded, index: number, body: string): SendEntry {
  return entryOf(seeded.channels[index] as ChannelId, seeded.users[index] as UserId, { body });
}
