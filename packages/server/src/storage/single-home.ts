import { present } from '../lib/assert.ts';
import type { RedisAddress } from './redis-address.ts';
import { destroy, openClient, type RedisClient } from './redis-client.ts';
import type { HomePorts, RedisHome } from './redis-home.ts';

/** One server, at an address that does not change. */
export class SingleHome implements RedisHome {
  readonly client: RedisClient;
  readonly shards = null;
  readonly countsListeners = true;
  readonly #address: RedisAddress;
  readonly #ports: HomePorts;

  constructor(address: RedisAddress, ports: HomePorts) {
    this.#address = address;
    this.#ports = ports;
    this.client = openClient(address, present(address.nodes[0], 'address'), (retries) => ports.retryDelay(retries));
    this.client.on('error', (error: unknown) => ports.onError(error));
  }

  get isReady(): boolean {
    return this.client.isReady;
  }

  async start(): Promise<void> {
    // A first try that is not repeated: what cannot be reached now is a mistake to correct.
    const probe = await this.newConnection();
    try {
      await probe.connect();
      // Who may not ask this is let in all the same.
      const facts = await probe.info('cluster').catch(() => '');
      if (facts.includes('cluster_enabled:1')) throw new Error('this server is a node of a Redis Cluster');
    } finally {
      destroy(probe);
    }
    await this.client.connect();
  }

  newConnection(): Promise<RedisClient> {
    const client = openClient(this.#address, present(this.#address.nodes[0], 'address'), false);
    client.on('error', (error: unknown) => this.#ports.onError(error));
    return Promise.resolve(client);
  }

  close(): void {
    destroy(this.client);
  }
}
