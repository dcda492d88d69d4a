import { createClient } from '@redis/client';
import type { Clock } from '../lib/clock.ts';
import { StartError } from '../lib/start-error.ts';
import type { Script } from './script.ts';

/** Commands that may wait for a server that is stalled; above it they fail at once, so that memory stays bounded. */
const MAX_WAITING_COMMANDS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A connection that says nothing for this long, pings included, is given up and made anew. */
const SILENCE_MS = 15_000;
const PING_PERIOD_MS = 4_000;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

export type RedisClient = ReturnType<typeof openClient>;

export interface RedisOptions {
  readonly url: string;
  /** Before every key and channel: servers with other databases may share one Redis without meeting. */
  readonly prefix: string;
  readonly clock: Clock;
  random(): number;
  onError(error: unknown): void;
}

/** The way to one Redis: a client for commands that comes back by itself, and further connections for listening. */
export class RedisLink {
  readonly client: RedisClient;
  readonly prefix: string;
  readonly clock: Clock;
  readonly #options: RedisOptions;
  readonly #open: typeof openClient;

  /** Not connected yet: `connect` is the usual way. A simulation opens clients of its own. */
  constructor(options: RedisOptions, open: typeof openClient = openClient) {
    this.#options = options;
    this.#open = open;
    this.prefix = options.prefix;
    this.clock = options.clock;
    this.client = open(options.url, (retries) => this.retryDelay(retries));
    this.client.on('error', (error: unknown) => this.reportError(error));
  }

  /** Connects; a Redis that cannot be reached at the start is a mistake to correct, and a `StartError`. */
  static async connect(options: RedisOptions): Promise<RedisLink> {
    await tryOnce(options);
    const link = new RedisLink(options);
    await link.client.connect();
    return link;
  }

  /** True while commands are answered, as far as is known. */
  get isReady(): boolean {
    return this.client.isReady;
  }

  /** A connection of its own, not yet open, that ends when it is lost. */
  newConnection(): RedisClient {
    const client = this.#open(this.#options.url, false);
    client.on('error', (error: unknown) => this.reportError(error));
    return client;
  }

  /** Rejects when a command is not answered in time; the command itself may still happen. */
  answer<Value>(command: Promise<Value>, timeoutMs: number): Promise<Value> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimeout(() => reject(new Error('Redis gave no answer in time')), timeoutMs);
      command.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Runs a script on one key by its hash, and sends its text where Redis does not know it. */
  run(script: Script, key: string, values: string[]): Promise<unknown> {
    const options = { keys: [key], arguments: values };
    return this.client.evalSha(script.sha, options).catch((error: unknown) => {
      if (errorCodeOf(error) === 'NOSCRIPT') return this.client.eval(script.text, options);
      throw error;
    });
  }

  /** Resolves when Redis answers. */
  async check(): Promise<void> {
    await this.answer(this.client.ping(), 1_000);
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
    destroy(this.client);
  }
}

/** Ends a connection, whatever state it is in. */
export function destroy(client: RedisClient): void {
  if (client.isOpen) client.destroy();
}

async function tryOnce({ url }: RedisOptions): Promise<void> {
  let client: RedisClient | null = null;
  try {
    client = openClient(url, false);
    client.on('error', () => {});
    await client.connect();
    await client.ping();
  } catch (error) {
    throw new StartError({
      code: 'redis_unreachable',
      message: `unable to use Redis; ${error instanceof Error ? error.message || error.name : String(error)}`,
      hint: 'Start Redis or correct REDIS_URL, or leave REDIS_URL out to run one node alone.',
      cause: error,
    });
  } finally {
    if (client !== null) destroy(client);
  }
}

function openClient(url: string, reconnectStrategy: false | ((retries: number) => number)) {
  return createClient({
    url,
    name: 'parley',
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING_COMMANDS,
    pingInterval: PING_PERIOD_MS,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_MS, keepAlive: true, reconnectStrategy },
  });
}

/** The first word of an error reply, as `NOSCRIPT`; undefined for what is no reply. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error ? /^[A-Z]+(?= )/.exec(error.message)?.[0] : undefined;
}
