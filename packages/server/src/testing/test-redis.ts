import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { systemClock } from '../lib/clock.ts';
import { RedisLink } from '../storage/redis.ts';
import { waitFor } from './wait-for.ts';

/** A private Redis on a free port, that a test may stall, kill and start again. */
export class TestRedis {
  readonly url: string;
  readonly port: number;
  readonly #directory: string;
  #process: ChildProcess | null = null;
  readonly #links: RedisLink[] = [];

  private constructor(port: number) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#directory = mkdtempSync(join(tmpdir(), 'parley-redis-'));
  }

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort());
    await redis.start();
    return redis;
  }

  /** Starts it (again), empty, and resolves when it answers. */
  async start(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', ''];
    this.#process = spawn('redis-server', args, { stdio: 'ignore' });
    let failure: Error | undefined;
    this.#process.once('error', (error) => {
      failure = error;
    });
    await waitFor('Redis answers', async () => {
      if (failure !== undefined) throw failure;
      return this.ask('PING').catch(() => undefined);
    });
  }

  /** A link with a prefix of its own where none is given; closed with the server. */
  async link(prefix = `test:${this.#links.length}:`): Promise<RedisLink> {
    const options = { url: this.url, prefix, clock: systemClock, random: Math.random, onError: () => {} };
    const link = await RedisLink.connect(options);
    this.#links.push(link);
    return link;
  }

  /** Runs one command on a connection of its own. */
  async ask(...command: string[]): Promise<unknown> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.sendCommand(command);
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
    for (const link of this.#links) link.close();
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
