import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createClient } from '@redis/client';
import { freePort } from './free-port.ts';
import { waitFor } from './wait-for.ts';

/** So far above its port a member of a cluster listens for the others. */
const CLUSTER_BUS = 10_000;

/** Runs one command. */
export type Ask = (...command: string[]) => Promise<unknown>;

/** One process of a private Redis in a temporary folder, with the settings that a test wants. */
export class TestRedisServer {
  readonly port: number;
  readonly directory: string;
  readonly #args: readonly string[];
  readonly #auth: string | undefined;
  #process: ChildProcess | null = null;

  private constructor(port: number, args: readonly string[], auth: string | undefined) {
    this.port = port;
    this.#args = args;
    this.#auth = auth;
    this.directory = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  }

  static async start(args: readonly string[] = [], auth?: string): Promise<TestRedisServer> {
    const server = new TestRedisServer(await freeRedisPort(), args, auth);
    await server.start();
    return server;
  }

  /** Starts it (again) and resolves when it answers. */
  async start(): Promise<void> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.directory];
    this.#process = spawn(redisProgram(), [...this.#args, ...own], { stdio: 'ignore' });
    let failure: Error | undefined;
    this.#process.once('error', (error) => {
      failure = error;
    });
    await waitFor('Redis answers', async () => {
      if (failure !== undefined) throw failure;
      return this.ask('PING').catch(() => undefined);
    });
  }

  /** Runs one command on a connection of its own. */
  ask(...command: string[]): Promise<unknown> {
    return this.asking((ask) => ask(...command));
  }

  /** Runs commands on one connection of their own. */
  async asking<Result>(run: (ask: Ask) => Promise<Result>): Promise<Result> {
    const login = this.#auth === undefined ? '' : `${this.#auth}@`;
    const url = `redis://${login}127.0.0.1:${this.port}`;
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    try {
      return await run((...command) => client.sendCommand(command));
    } finally {
      client.destroy();
    }
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Resolves when the server that runs now has ended by somebody else's hand. */
  async ended(): Promise<void> {
    const running = this.#process;
    if (running !== null && running.exitCode === null && running.signalCode === null) await once(running, 'exit');
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Ends the server at once, with all it held. */
  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGKILL');
    await once(running, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Valkey is used where Redis is not. */
export function redisProgram(): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = (name: string) => folders.some((folder) => existsSync(join(folder, name)));
  return !isThere('redis-server') && isThere('valkey-server') ? 'valkey-server' : 'redis-server';
}

/** A port that is free, as is the one above it on which a member of a cluster talks to the others. */
async function freeRedisPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port + CLUSTER_BUS <= 65_535 && (await isFree(port + CLUSTER_BUS))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
