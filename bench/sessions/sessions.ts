import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { CLIENT_CORE, nodeCommand, pinned, SERVER_CORE } from '../processes.ts';
import type { ClientFigures, ClientRequest } from './clients.ts';
import type { ServerRequest } from './server.ts';

export const name = 'sessions';
export const description =
  'authenticated sessions in 20 channels: how fast they connect and resume, and the memory of an idle one';

const KIB = 1_024;
/** Those who come first pay for what is shared: compiled code, pools, the channels themselves. */
const FIRST = 500;
/** Messages that everybody has missed in the second storm. */
const MISSED = 5;
const STORM = 10_000;

interface Memory {
  connections: number;
  residentBytes: number;
}

interface Where {
  url: string;
  tokens: string[];
  channels: string[];
}

function start(file: string, core: number, flags: string[], ...parameters: string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [program = '', ...rest] = pinned([...nodeCommand(path, ...flags), ...parameters], core);
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function ask<Answer>(child: ChildProcess, request: ClientRequest | ServerRequest): Promise<Answer> {
  child.send(request);
  return await messageOf<Answer>(child);
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`unable to measure; a process ended with ${code}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [Message];
  return message;
}

function rowOf(what: string, sessions: number, figures: ClientFigures): Row {
  return {
    what,
    sessions,
    seconds: figures.seconds,
    sessions_per_second: sessions / figures.seconds,
    p50_ms: figures.p50Ms,
    p99_ms: figures.p99Ms,
    client_core: figures.clientCore,
    resident_kib_each: null,
  };
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const users = quick ? 3_000 : STORM;
  log(`sessions: making ${users} users in 20 channels`);
  // PostgreSQL, which the server starts, stays on its core too: what it costs is counted.
  const server = start('server.ts', SERVER_CORE, ['--expose-gc'], String(users));
  const clients = start('clients.ts', CLIENT_CORE, []);
  try {
    const { url, tokens, channels } = await messageOf<Where>(server);
    await ask<ClientFigures>(clients, { kind: 'open', url, tokens: tokens.slice(0, FIRST) });
    const before = await ask<Memory>(server, { kind: 'memory' });
    log(`sessions: opening ${users - FIRST}`);
    const connect = await ask<ClientFigures>(clients, { kind: 'open', url, tokens: tokens.slice(FIRST) });
    const after = await ask<Memory>(server, { kind: 'memory' });
    const opened = after.connections - before.connections;
    const kibEach = (after.residentBytes - before.residentBytes) / opened / KIB;
    log('sessions: all break and resume');
    const storm = await ask<ClientFigures>(clients, { kind: 'storm', channels, rev: 1, missed: 0 });
    await ask(server, { kind: 'say', messages: MISSED });
    log('sessions: all break, miss something, and resume');
    const missed = await ask<ClientFigures>(clients, { kind: 'storm', channels, rev: 1, missed: MISSED });
    const inTime = (figures: ClientFigures): number => figures.seconds * (STORM / users);
    return createResult(name, {
      rows: [
        { ...rowOf('connect, nothing known', opened, connect), resident_kib_each: kibEach },
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
    if (server.exitCode === null) {
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
  }
}
