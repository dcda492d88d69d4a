import { type Clock, systemClock } from '../lib/clock.ts';
import { RedisLink } from '../storage/redis.ts';
import { TestRedisServer } from './test-redis-server.ts';

/** Links to a Redis that live as long as the test's servers. */
export class TestLinks {
  readonly url: string;
  readonly #links: RedisLink[] = [];

  constructor(url: string) {
    this.url = url;
  }

  /** A link with a prefix of its own where none is given. With a clock that stands still no answer ever comes too late. */
  async link(prefix = `test:${this.#links.length}:`, clock: Clock = systemClock): Promise<RedisLink> {
    const options = { url: this.url, prefix, clock, random: Math.random, onError: () => {} };
    const link = await RedisLink.connect(options);
    this.#links.push(link);
    return link;
  }

  closeLinks(): void {
    for (const link of this.#links) link.close();
  }
}

/** A private Redis on a free port, empty at each start, that a test may stall, kill and start again. */
export class TestRedis extends TestLinks {
  readonly #server: TestRedisServer;

  private constructor(server: TestRedisServer) {
    super(`redis://127.0.0.1:${server.port}`);
    this.#server = server;
  }

  static async start(): Promise<TestRedis> {
    return new TestRedis(await TestRedisServer.start(['--save', '']));
  }

  get port(): number {
    return this.#server.port;
  }

  /** Where it would write to. */
  get directory(): string {
    return this.#server.directory;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  ask(...command: string[]): Promise<unknown> {
    return this.#server.ask(...command);
  }

  get pid(): number | undefined {
    return this.#server.pid;
  }

  ended(): Promise<void> {
    return this.#server.ended();
  }

  signal(signal: NodeJS.Signals): void {
    this.#server.signal(signal);
  }

  kill(): Promise<void> {
    return this.#server.kill();
  }

  async stop(): Promise<void> {
    this.closeLinks();
    await this.#server.stop();
  }
}
