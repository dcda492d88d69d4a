import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestLinks } from './test-redis.ts';
import { TestRedisServer } from './test-redis-server.ts';
import { waitFor } from './wait-for.ts';

/** A primary with a replica, and a sentinel that watches them. */
export class TestSentinel extends TestLinks {
  readonly primary: TestRedisServer;
  readonly replica: TestRedisServer;
  readonly sentinel: TestRedisServer;
  readonly #directory: string;

  private constructor(servers: readonly [TestRedisServer, TestRedisServer, TestRedisServer], directory: string) {
    super(`redis+sentinel://127.0.0.1:1,127.0.0.1:${servers[2].port}/talk`);
    [this.primary, this.replica, this.sentinel] = servers;
    this.#directory = directory;
  }

  static async start(): Promise<TestSentinel> {
    const primary = await TestRedisServer.start(['--save', '']);
    const replica = await TestRedisServer.start(['--save', '', '--replicaof', '127.0.0.1', String(primary.port)]);
    await waitFor('the replica follows', async () =>
      String(await replica.ask('INFO', 'replication')).includes('master_link_status:up'),
    );
    const directory = mkdtempSync(join(tmpdir(), 'parley-sentinel-'));
    const file = join(directory, 'sentinel.conf');
    writeFileSync(
      file,
      `sentinel monitor talk 127.0.0.1 ${primary.port} 1
sentinel down-after-milliseconds talk 2000
sentinel failover-timeout talk 3000
`,
    );
    const sentinel = await TestRedisServer.start([file, '--sentinel']);
    await waitFor('the sentinel knows the replica', async () =>
      String(await sentinel.ask('INFO', 'sentinel')).includes('slaves=1'),
    );
    return new TestSentinel([primary, replica, sentinel], directory);
  }

  /** Resolves when the replica is the primary, and the sentinel says so. */
  async failOver(): Promise<void> {
    await this.primary.kill();
    await waitFor('the sentinel names the other one', async () => {
      const found = await this.sentinel.ask('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'talk');
      return Array.isArray(found) && Number(found[1]) === this.replica.port;
    });
  }

  async stop(): Promise<void> {
    this.closeLinks();
    await Promise.all([this.sentinel, this.replica, this.primary].map((server) => server.stop()));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
