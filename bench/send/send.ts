import { atLeast, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import { type Child, messageOf, startChild } from '../children.ts';
import type { Seeded } from './database.ts';
import type { StatementFigures } from './statement.ts';

export const name = 'send';
export const description =
  'acknowledged sends from socket to socket, beside the bare statement and a Socket.IO chat that awaits its INSERT';

const WRITERS = 2;
const ROWS_PER_BATCH = 100;
/** About 110 bytes, as people write. */
const BODY =
  'the quick brown fox jumps over the lazy dog while the slow red hen looks on and wonders what the hurry is for';

interface SendFigures {
  acksPerSecond: number;
  eventsPerSecond: number;
  errors: number;
  p50Ms: number;
  p99Ms: number;
  clientCore: number;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 2 : 5;
  const [ours, naive] = [startFile('server.ts'), startFile('naive-server.ts')];
  const server = ours.child;
  try {
    const seeded = await messageOf<Seeded & { url: string }>(server);
    const peer = await messageOf<Seeded & { url: string }>(naive.child);
    const overPeer: number[] = [];
    const rows: Row[] = [];
    const ratios: number[] = [];
    const sends: SendFigures[] = [];
    // A first run fills caches and plans statements; it is not counted.
    server.send({ kind: 'closed', seconds: 1, rowsPerBatch: ROWS_PER_BATCH, writers: WRITERS, body: BODY });
    await messageOf<StatementFigures>(server);
    for (let round = 1; round <= rounds; round++) {
      log(`send: round ${round} of ${rounds}`);
      server.send({ kind: 'closed', seconds, rowsPerBatch: ROWS_PER_BATCH, writers: WRITERS, body: BODY });
      const statement = await messageOf<StatementFigures>(server);
      rows.push({
        side: `bare statement, ${WRITERS} x ${ROWS_PER_BATCH} rows`,
        per_second: statement.rowsPerSecond,
        p50_ms: statement.p50Ms,
        p99_ms: statement.p99Ms,
      });
      for (const inFlightPerSocket of [1, 16]) {
        const load = { inFlightPerSocket, seconds, body: BODY };
        const theirs = await loadOnce({ ...peer, ...load, speech: 'socket.io' });
        rows.push(rowOf(`Socket.IO that awaits its INSERT, 64 x ${inFlightPerSocket} in flight`, theirs));
        const figures = await loadOnce({ ...seeded, ...load, speech: 'parley' });
        rows.push(rowOf(`sends, 64 sockets x ${inFlightPerSocket} in flight`, figures));
        if (inFlightPerSocket === 1) continue;
        sends.push(figures);
        overPeer.push(figures.acksPerSecond / theirs.acksPerSecond);
        ratios.push(figures.acksPerSecond / statement.rowsPerSecond);
      }
    }
    const acks = median(sends.map((figures) => figures.acksPerSecond));
    const ratio = median(ratios);
    return createResult(name, {
      rows,
      ratios: { 'sends / bare statement': ratio, 'sends / Socket.IO that awaits its INSERT': median(overPeer) },
      budgets: [
        atLeast('acknowledged sends per second', acks, 15_000),
        atLeast('share of the bare statement', ratio, 0.4),
      ],
    });
  } finally {
    await Promise.all([ours.stop(), naive.stop()]);
  }
}

function startFile(file: string, ...parameters: string[]): Child {
  return startChild(new URL(file, import.meta.url), { parameters });
}

async function loadOnce(request: object): Promise<SendFigures> {
  return await messageOf<SendFigures>(startFile('clients.ts', JSON.stringify(request)).child);
}

function rowOf(side: string, figures: SendFigures): Row {
  return {
    side,
    per_second: figures.acksPerSecond,
    p50_ms: figures.p50Ms,
    p99_ms: figures.p99Ms,
    events_per_second: figures.eventsPerSecond,
    errors: figures.errors,
    client_core: figures.clientCore,
  };
}
