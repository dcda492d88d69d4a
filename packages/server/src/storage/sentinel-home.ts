import { present } from '../lib/assert.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { HostPort, RedisAddress } from './redis-address.ts';
import { destroy, openClient, type RedisClient } from './redis-client.ts';
import type { HomePorts, RedisHome } from './redis-home.ts';

/** How often it is asked whether the primary is still the primary: a demoted one may go on answering. */
const REVIEW_PERIOD_MS = 2_000;

/**
 * The primary that sentinels name. Whenever its connection is lost, or it turns out to be the primary no more, the sentinels
 * are asked anew; until there is one, commands fail at once as they do with one server that is away.
 */
export class SentinelHome implements RedisHome {
  readonly shards = null;
  readonly countsListeners = true;
  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #ports: HomePorts;
  readonly #review: Timer;
  #client: RedisClient;
  #sentinels: readonly HostPort[];
  #isClosed = false;

  constructor(address: RedisAddress, clock: Clock, ports: HomePorts) {
    this.#address = address;
    this.#sentinels = address.nodes;
    this.#clock = clock;
    this.#ports = ports;
    // Never opened: commands on it are refused until there is a primary.
    this.#client = openClient(address, present(address.nodes[0], 'sentinel'), false);
    this.#review = clock.setInterval(() => void this.#reviewPrimary(), REVIEW_PERIOD_MS);
  }

  get client(): RedisClient {
    return this.#client;
  }

  get isReady(): boolean {
    return this.#client.isReady;
  }

  async start(): Promise<void> {
    await this.#connect();
    void this.#stayConnected();
  }

  async newConnection(): Promise<RedisClient> {
    const client = openClient(this.#address, await this.#findPrimary(), false);
    client.on('error', (error: unknown) => this.#ports.onError(error));
    return client;
  }

  close(): void {
    this.#isClosed = true;
    this.#review.cancel();
    destroy(this.#client);
  }

  async #connect(): Promise<void> {
    const client = await this.newConnection();
    try {
      await client.connect();
      if (!(await isPrimary(client))) throw new Error('the sentinels name a server that is not the primary');
    } catch (error) {
      destroy(client);
      throw error;
    }
    if (this.#isClosed) destroy(client);
    else this.#client = client;
  }

  async #stayConnected(): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      if (this.#client.isOpen) {
        failures = 0;
        const client = this.#client;
        await new Promise<void>((resolve) => {
          client.once('end', resolve);
          client.once('error', () => resolve());
          if (!client.isOpen) resolve();
        });
        destroy(client);
      }
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, this.#ports.retryDelay(failures)));
      failures += 1;
      await this.#connect().catch((error: unknown) => this.#ports.onError(error));
    }
  }

  async #reviewPrimary(): Promise<void> {
    const client = this.#client;
    if (!client.isReady) return;
    // What is lost meanwhile is noticed elsewhere.
    if (!(await isPrimary(client).catch(() => true))) destroy(client);
  }

  /** Asks one sentinel after the other; the first that answers names the primary, and is asked first next time. */
  async #findPrimary(): Promise<HostPort> {
    let failure: unknown = new Error('there is no sentinel');
    for (const sentinel of this.#sentinels) {
      try {
        const primary = await this.#ask(sentinel);
        this.#sentinels = [sentinel, ...this.#sentinels.filter((one) => one !== sentinel)];
        return primary;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #ask(sentinel: HostPort): Promise<HostPort> {
    const { primaryName, sentinelPassword, tls } = this.#address;
    const asked = { ...this.#address, tls, database: 0, username: undefined, password: sentinelPassword };
    const client = openClient(asked, sentinel, false);
    client.on('error', () => {});
    try {
      await client.connect();
      const found = await client.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName]);
      if (!Array.isArray(found)) throw new Error(`no primary called ${primaryName} is known to the sentinels`);
      return { host: String(found[0]), port: Number(found[1]) };
    } finally {
      destroy(client);
    }
  }
}

async function isPrimary(client: RedisClient): Promise<boolean> {
  const role = await client.sendCommand(['ROLE']);
  return Array.isArray(role) && String(role[0]) === 'master';
}
