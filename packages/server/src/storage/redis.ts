import type { Clock } from '../lib/clock.ts';
import { startDeadline } from '../lib/deadline.ts';
import { StartError } from '../lib/start-error.ts';
import { ClusterHome } from './cluster-home.ts';
import { parseRedisUrl } from './redis-address.ts';
import type { RedisClient } from './redis-client.ts';
import type { HomePorts, RedisHome } from './redis-home.ts';
import type { Script } from './script.ts';
import { SentinelHome } from './sentinel-home.ts';
import { SingleHome } from './single-home.ts';

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;
/** A Redis that does not let us in within this time at the start cannot be reached. */
const START_TIMEOUT_MS = 10_000;

export interface RedisOptions {
  readonly url: string;
  /** Before every key and channel: servers with other databases may share one Redis without meeting. */
  readonly prefix: string;
  readonly clock: Clock;
  random(): number;
  onError(error: unknown): void;
}

export type OpenHome = (options: RedisOptions, ports: HomePorts) => RedisHome;

/** The way to Redis, of whatever kind: a client for commands that comes back by itself, and further connections for listening. */
export class RedisLink {
  readonly home: RedisHome;
  readonly prefix: string;
  readonly clock: Clock;
  readonly #options: RedisOptions;

  /** Not connected yet: `connect` is the usual way. A simulation has a Redis of its own. */
  constructor(options: RedisOptions, openHome: OpenHome = homeOf) {
    this.#options = options;
    this.prefix = options.prefix;
    this.clock = options.clock;
    const ports = {
      retryDelay: (retries: number) => this.retryDelay(retries),
      onError: (error: unknown) => this.reportError(error),
    };
    this.home = openHome(options, ports);
  }

  /** Connects; a Redis that cannot be reached at the start is a mistake to correct, and a `StartError`. */
  static async connect(options: RedisOptions): Promise<RedisLink> {
    let lastError: unknown;
    let hasStarted = false;
    const link = new RedisLink({
      ...options,
      onError: (error) => {
        lastError = error;
        if (hasStarted) options.onError(error);
      },
    });
    try {
      await link.answer(link.home.start(), START_TIMEOUT_MS);
      await link.check();
      hasStarted = true;
      return link;
    } catch (error) {
      link.close();
      throw startErrorOf(lastError ?? error, parseRedisUrl(options.url).tls);
    }
  }

  /** For commands on one key; another one after a failover. */
  get client(): RedisClient {
    return this.home.client;
  }

  /** True while commands are answered, as far as is known. */
  get isReady(): boolean {
    return this.home.isReady;
  }

  /** Rejects when a command is not answered in time; the command itself may still happen. */
  answer<Value>(command: Promise<Value>, timeoutMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = startDeadline(this.clock, timeoutMs, () => reject(new Error('Redis gave no answer in time')));
      command.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Runs a script by its hash, and sends its text where Redis does not know it. Several keys share a hash tag. */
  run(script: Script, keys: string | readonly string[], values: string[]): Promise<unknown> {
    const options = { keys: [keys].flat(), arguments: values };
    return this.client.evalSha(script.sha, options).catch((error: unknown) => {
      if (errorCodeOf(error) === 'NOSCRIPT') return this.client.eval(script.text, options);
      throw error;
    });
  }

  /** Resolves when Redis answers, and may be used as the name we come with is allowed to. */
  async check(): Promise<void> {
    await this.answer(this.client.get(`${this.prefix}check`), 1_000);
  }

  /** Grows with the tries, and is never the same for two nodes: they must not come back all at once. */
  retryDelay(retries: number): number {
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(retries, 10), LAST_RETRY_MS);
    return Math.round(delayMs * (0.5 + this.#options.random() / 2));
  }

  reportError(error: unknown): void {
    this.#options.onError(error);
  }

  close(): void {
    this.home.close();
  }
}

function homeOf({ url, clock }: RedisOptions, ports: HomePorts): RedisHome {
  const address = parseRedisUrl(url);
  if (address.kind === 'cluster') return new ClusterHome(address, ports);
  if (address.kind === 'sentinel') return new SentinelHome(address, clock, ports);
  return new SingleHome(address, ports);
}

function startErrorOf(error: unknown, isTls: boolean): StartError {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return new StartError({
    code: 'redis_unreachable',
    message: `unable to use Redis; ${reason}`,
    hint: hintOf(errorCodeOf(error), reason, isTls),
    cause: error,
  });
}

function hintOf(code: string | undefined, reason: string, isTls: boolean): string {
  if (code === 'NOAUTH') return 'This Redis wants a password: redis://:password@host or redis://user:password@host.';
  if (code === 'WRONGPASS')
    return 'Correct the user and the password in REDIS_URL; encode @, : and / in them, as %40, %3A and %2F.';
  if (code === 'NOPERM') return 'Allow this user the keys and channels parley:* and all commands on them.';
  if (/is a node of a Redis Cluster/.test(reason)) return 'Write redis+cluster:// and name some of its nodes.';
  if (/cluster support disabled/i.test(reason))
    return 'This server is no node of a cluster: leave +cluster out of REDIS_URL.';
  // A server that speaks no TLS waits for a command where we wait for its certificate.
  if (/self.signed|certificate|SSL|TLS/i.test(reason) || (isTls && /timeout|closed/i.test(reason)))
    return 'Use rediss:// only where Redis speaks TLS, and name a certificate authority of your own in NODE_EXTRA_CA_CERTS.';
  return 'Start Redis or correct REDIS_URL, or leave REDIS_URL out to run one node alone.';
}

/** The first word of an error reply, as `NOSCRIPT`; undefined for what is no reply. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]+(?= )/.exec(error.message)?.[0] : undefined;
}
