import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import type pg from 'pg';
import type { SendEntry } from '../../packages/server/src/queue/send-entry.ts';
import { layOut, SEND_STATEMENT } from '../../packages/server/src/writer/send-statement.ts';
import type { Seeded } from './database.ts';

/** How to run the statement with nothing around it. */
export interface StatementRequest {
  seconds: number;
  rowsPerBatch: number;
  writers: number;
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
  const timesMs: number[] = [];
  let rows = 0;
  const write = async (writer: number): Promise<void> => {
    const mine = seeded.channels.flatMap((_, index) => (index % request.writers === writer ? [index] : []));
    while (performance.now() < until) {
      const entries = Array.from({ length: request.rowsPerBatch }, (_, place) =>
        entryOf(seeded, mine[place % mine.length] ?? 0, request.body),
      );
      const { values } = layOut(entries, false);
      const startedAt = performance.now();
      await pool.query({ ...SEND_STATEMENT, values });
      timesMs.push(performance.now() - startedAt);
      rows += entries.length;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: request.writers }, (_, writer) => write(writer)));
  timesMs.sort((a, b) => a - b);
  const at = (share: number): number =>
    timesMs[Math.min(timesMs.length - 1, Math.floor(timesMs.length * share))] ?? Number.NaN;
  return { rowsPerSecond: rows / ((performance.now() - startedAt) / 1_000), p50Ms: at(0.5), p99Ms: at(0.99) };
}

function entryOf(seeded: Seeded, index: number, body: string): SendEntry {
  const channelId = seeded.channels[index] as ChannelId;
  return {
    channelId,
    rootId: channelId,
    id: makeUuid() as MessageId,
    senderId: seeded.users[index] as UserId,
    body,
    replyTo: null,
    mentions: null,
    everyone: null,
    attachments: null,
    accessRev: 0,
    acceptedAt: Date.now(),
  };
}
