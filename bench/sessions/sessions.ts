import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atLeast, atMost, type BenchOptions, type BenchResult, createResult } from '../bench.ts';
import { nodeCommand } from '../processes.ts';

export const name = 'sessions';
export const description = 'memory of an idle, authenticated session in 20 channels, and how fast sessions come';

const KIB = 1_024;

interface Memory {
  connections: number;
  residentBytes: number;
}

function start(file: string, flags: string[], ...parameters: string[]): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const [program = '', ...rest] = [...nodeCommand(path, ...flags), ...parameters];
  return spawn(program, rest, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const [message] = (await once(child, 'message')) as [Message];
  return message;
}

async function memoryOf(server: ChildProcess): Promise<Memory> {
  server.send('memory');
  return await messageOf<Memory>(server);
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const users = quick ? 2_000 : 10_000;
  log(`sessions: making ${users} users in 20 channels`);
  const server = start('server.ts', ['--expose-gc'], String(users));
  const clients = start('clients.ts', []);
  try {
    const where = await messageOf<{ url: string; users: string[] }>(server);
    // The first sessions pay for what is shared: compiled code, pools, the channels themselves.
    const few = where.users.slice(0, 200);
    clients.send({ url: where.url, users: few });
    await messageOf(clients);
    const before = await memoryOf(server);
    log(`sessions: opening ${users - few.length}`);
    clients.send({ url: where.url, users: where.users.slice(few.length) });
    const figures = await messageOf<{ seconds: number; p50Ms: number; p99Ms: number }>(clients);
    const after = await memoryOf(server);
    const opened = after.connections - before.connections;
    const kibEach = (after.residentBytes - before.residentBytes) / opened / KIB;
    const perSecond = opened / figures.seconds;
    return createResult(name, {
      rows: [
        {
          sessions: opened,
          resident_kib_each: kibEach,
          sessions_per_second: perSecond,
          ready_p50_ms: figures.p50Ms,
          ready_p99_ms: figures.p99Ms,
        },
      ],
      ratios: {},
      budgets: [
        atMost('resident KiB of an idle session', kibEach, 8),
        atLeast('sessions that are ready within 10 s', perSecond * 10, 10_000),
      ],
    });
  } finally {
    clients.kill('SIGKILL');
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}
