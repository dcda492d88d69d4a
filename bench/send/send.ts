import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atLeast, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import { nodeCommand } from '../processes.ts';
import type { Seeded } from './database.ts';
import type { StatementFigures } from './statement.ts';

export const name = 'send';
export const description =
  'acknowledged sends from socket to socket, beside the bare batch statement on the same database';

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

function start(file: string, ...parameters: string[]): ChildProcess {
  const [program = '', ...flags] = [...nodeCommand(fileURLToPath(new URL(file, import.meta.url))), ...parameters];
  return spawn(program, flags, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const [message] = (await once(child, 'message')) as [Message];
  return message;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 1 : 3;
  const seconds = quick ? 2 : 5;
  const server = start('server.ts');
  try {
    const seeded = await messageOf<Seeded & { url: string }>(server);
    const rows: Row[] = [];
    const ratios: number[] = [];
    const sends: SendFigures[] = [];
    // A first run fills caches and plans statements; it is not counted.
    server.send({ seconds: 1, rowsPerBatch: ROWS_PER_BATCH, writers: WRITERS, body: BODY });
    await messageOf<StatementFigures>(server);
    for (let round = 1; round <= rounds; round++) {
      log(`send: round ${round} of ${rounds}`);
      server.send({ seconds, rowsPerBatch: ROWS_PER_BATCH, writers: WRITERS, body: BODY });
      const statement = await messageOf<StatementFigures>(server);
      rows.push({
        side: `bare statement, ${WRITERS} x ${ROWS_PER_BATCH} rows`,
        per_second: statement.rowsPerSecond,
        p50_ms: statement.p50Ms,
        p99_ms: statement.p99Ms,
      });
      for (const inFlightPerSocket of [1, 16]) {
        const clients = start('clients.ts', JSON.stringify({ ...seeded, inFlightPerSocket, seconds, body: BODY }));
        const figures = await messageOf<SendFigures>(clients);
        rows.push({
          side: `sends, 64 sockets x ${inFlightPerSocket} in flight`,
          per_second: figures.acksPerSecond,
          p50_ms: figures.p50Ms,
          p99_ms: figures.p99Ms,
          events_per_second: figures.eventsPerSecond,
          errors: figures.errors,
          client_core: figures.clientCore,
        });
        if (inFlightPerSocket === 1) continue;
        sends.push(figures);
        ratios.push(figures.acksPerSecond / statement.rowsPerSecond);
      }
    }
    const acks = median(sends.map((figures) => figures.acksPerSecond));
    const ratio = median(ratios);
    return createResult(name, {
      rows,
      ratios: { 'sends / bare statement': ratio },
      budgets: [
        atLeast('acknowledged sends per second', acks, 15_000),
        atLeast('share of the bare statement', ratio, 0.4),
      ],
    });
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}
