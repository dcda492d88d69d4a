import type { ChildProcess } from 'node:child_process';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { messageOf, startChild } from '../children.ts';
import { cpuSeconds } from '../processes.ts';
import type { ClientFigures, ClientRequest } from './clients.ts';
import type { ServerRequest } from './server.ts';

export const name = 'sessions';
export const description =
  'authenticated sessions in 20 channels: how fast they connect and resume, and the memory of an idle one';

const KIB = 1_024;
/** Those who come first pay for what is shared: compiled code, pools, the channels themselves, V8's young generation. */
const FIRST = 500;
/** How often they come again before the others do. */
const WARM_UPS = 4;
/** Messages that everybody has missed in the second storm. */
const MISSED = 5;
const STORM = 10_000;

interface Memory {
  connections: number;
  residentBytes: number;
  heapBytes: number;
  outsideBytes: number;
}

interface Where {
  url: string;
  tokens: string[];
  channels: string[];
}

async function ask<Answer>(child: ChildProcess, request: ClientRequest | ServerRequest): Promise<Answer> {
  child.send(request);
  return await messageOf<Answer>(child);
}

interface Database {
  statements: number;
  seconds: number;
}

interface Measured extends ClientFigures {
  readonly serverSeconds: number;
  readonly database: Database;
}

/** Processor time counts as much as the clock: it says the same on a machine that others use too. */
async function measured(server: ChildProcess, clients: ChildProcess, request: ClientRequest): Promise<Measured> {
  const used = (): number => cpuSeconds(server.pid ?? 0);
  const database = await ask<Database>(server, { kind: 'database' });
  const before = used();
  const figures = await ask<ClientFigures>(clients, request);
  const serverSeconds = used() - before;
  const { statements, seconds } = await ask<Database>(server, { kind: 'database' });
  return {
    ...figures,
    serverSeconds,
    database: { statements: statements - database.statements, seconds: seconds - database.seconds },
  };
}

function rowOf(what: string, sessions: number, figures: Measured): Row {
  return {
    what,
    sessions,
    seconds: figures.seconds,
    sessions_per_second: sessions / figures.seconds,
    p50_ms: figures.p50Ms,
    p99_ms: figures.p99Ms,
    server_cpu_ms_each: (figures.serverSeconds * 1_000) / sessions,
    database_cpu_ms_each: (figures.database.seconds * 1_000) / sessions,
    statements_each: figures.database.statements / sessions,
    client_cpu_ms_each: (figures.clientCore * figures.seconds * 1_000) / sessions,
    resident_kib_each: null,
    heap_kib_each: null,
    outside_kib_each: null,
  };
}

export async function run({ quick, size, log }: BenchOptions): Promise<BenchResult> {
  const users = size ?? (quick ? 3_000 : STORM);
  log(`sessions: making ${users} users in 20 channels`);

  const [serverSide, clientSide] = [
    startChild(new URL('server.ts', import.meta.url), {
      flags: ['--expose-gc'],
      parameters: [`${users}`],
    }),
    startChild(new URL('clients.ts', import.meta.url)),
  ];
  const [server, clients] = [serverSide.child, clientSide.child];
  try {
    const { url, tokens, channels } = await messageOf<Where>(server);
    await ask<ClientFigures>(clients, { kind: 'open', url, tokens: tokens.slice(0, FIRST) });
    for (let time = 0; time < WARM_UPS; time++) await ask(clients, { kind: 'storm', channels, rev: 1, missed: 0 });
    const before = await ask<Memory>(server, { kind: 'memory' });
    log(`sessions: opening ${users - FIRST}`);
    const connect = await measured(server, clients, { kind: 'open', url, tokens: tokens.slice(FIRST) });
    const after = await ask<Memory>(server, { kind: 'memory' });
    const opened = after.connections - before.connections;
    const each = (figure: Exclude<keyof Memory, 'connections'>): number =>
      (after[figure] - before[figure]) / opened / KIB;
    const memory = {
      resident_kib_each: each('residentBytes'),
      heap_kib_each: each('heapBytes'),
      outside_kib_each: each('outsideBytes'),
    };
    // Pages that were free before take some of it without a trace: it is no less than what is held.
    const kibEach = Math.max(memory.resident_kib_each, memory.heap_kib_each + memory.outside_kib_each);
    log('sessions: all break and resume');
    const storm = await measured(server, clients, { kind: 'storm', channels, rev: 1, missed: 0 });
    await ask(server, { kind: 'say', messages: MISSED });
    log('sessions: all break, miss something, and resume');
    const missed = await measured(server, clients, { kind: 'storm', channels, rev: 1, missed: MISSED });
    const inTime = (figures: ClientFigures): number => figures.seconds * (STORM / users);
    return createResult(name, {
      rows: [
        { ...rowOf('connect, nothing known', opened, connect), ...memory },
        rowOf('resume, nothing missed', users, storm),
        rowOf(`resume, ${MISSED} messages missed`, users, missed),
      ],
      ratios: {},
      budgets: [
        atMost('resident KiB of an idle session in 20 channels', kibEach, 8),
        atMost('seconds until 10,000 sessions have resumed', inTime(storm), 10),
        atMost('the same, with messages missed', inTime(missed), 10),
        atMost('sessions that lack something after it', storm.lacking + missed.lacking, 0),
      ],
    });
  } finally {
    clients.kill('SIGKILL');
    await serverSide.stop();
  }
}
