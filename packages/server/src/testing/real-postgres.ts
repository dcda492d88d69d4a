import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded/embedded-postgres.ts';
import { processesWorkingIn } from '../embedded/process-table.ts';

/** A private PostgreSQL with processes of its own, always at the same address, that may be killed, stopped and started again. */
export class RealPostgres {
  /** For `DATABASE_URL`. */
  readonly url: string;
  readonly config: pg.PoolConfig;
  readonly #dataDir: string;
  readonly #settings: Readonly<Record<string, string>>;
  #server: EmbeddedPostgres;

  private constructor(dataDir: string, settings: Readonly<Record<string, string>>, server: EmbeddedPostgres) {
    const { host = '', port = 0, user = '', database = '' } = server.connectionConfig;
    this.url = `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
    this.config = server.connectionConfig;
    this.#dataDir = dataDir;
    this.#settings = settings;
    this.#server = server;
  }

  /** Starts one on a temporary directory, with these settings in place of ours. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<RealPostgres> {
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-pg-'));
    return new RealPostgres(dataDir, settings, await startEmbeddedPostgres({ dataDir, settings }));
  }

  /** Starts it again on its data, after `kill`. */
  async start(): Promise<void> {
    await this.#server.stop();
    this.#server = await startEmbeddedPostgres({ dataDir: this.#dataDir, settings: this.#settings });
  }

  /** Ends all its processes at once, as a crash does. */
  async kill(): Promise<void> {
    const { exited } = this.#server;
    this.#signal('SIGKILL');
    await exited;
  }

  /** Resolves when it has ended by somebody else's hand. */
  async ended(): Promise<void> {
    await this.#server.exited;
  }

  /** It hangs: connections stay, nothing is answered. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  /** The process that leads the others. */
  get pid(): number {
    return Number(readFileSync(join(this.#clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** Runs statements on a connection of their own. */
  async ask<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client(this.config);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    this.resume();
    await this.#server.stop();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  get #clusterDir(): string {
    return join(this.#dataDir, 'postgres');
  }

  #signal(signal: NodeJS.Signals): void {
    for (const pid of processesWorkingIn(this.#clusterDir)) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        // A backend that has ended meanwhile.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }
}
