import { present } from '../lib/assert.ts';
import type { RedisAddress } from './redis-address.ts';
import { openClient, openCluster, type RedisClient, type RedisCluster } from './redis-client.ts';
import type { HomePorts, RedisHome, ShardMap } from './redis-home.ts';
import { slotOf } from './slot.ts';

/** A Redis Cluster: each key and, from Redis 7 on, each channel belongs to the primary of its slot. */
export class ClusterHome implements RedisHome, ShardMap {
  readonly #address: RedisAddress;
  readonly #ports: HomePorts;
  readonly #cluster: RedisCluster;
  #knowsShards = false;

  constructor(address: RedisAddress, ports: HomePorts) {
    this.#address = address;
    this.#ports = ports;
    this.#cluster = openCluster(address, (retries) => ports.retryDelay(retries));
    for (const event of ['error', 'node-error']) this.#cluster.on(event, (error: unknown) => ports.onError(error));
  }

  /** Commands on one key are the same on a cluster as on a server. */
  get client(): RedisClient {
    return this.#cluster as unknown as RedisClient;
  }

  /** Some of it can be used; commands on keys of a primary that is away fail at once. */
  get isReady(): boolean {
    return this.#cluster.isReady && this.#cluster.masters.some(({ client }) => client?.isReady === true);
  }

  get shards(): ShardMap | null {
    return this.#knowsShards ? this : null;
  }

  /** A message to all primaries is counted at one of them. */
  get countsListeners(): boolean {
    return this.#knowsShards;
  }

  get version(): string {
    let version = '';
    let before: string | undefined;
    this.#cluster.slots.forEach((shard, slot) => {
      const { address } = shard.master;
      if (address !== before) version += `${slot}=${address} `;
      before = address;
    });
    return version;
  }

  shardOf(channel: string): string | undefined {
    return this.#cluster.slots[slotOf(channel)]?.master.address;
  }

  async start(): Promise<void> {
    await this.#cluster.connect();
    this.#knowsShards = await this.#cluster.sPublish('parley', '').then(
      () => true,
      () => false,
    );
  }

  newConnection(shard?: string): Promise<RedisClient> {
    const { masters, nodeByAddress } = this.#cluster;
    const node =
      (shard === undefined ? masters.find(({ client }) => client?.isReady) : nodeByAddress.get(shard)) ?? masters[0];
    if (node === undefined) return Promise.reject(new Error('no node of the cluster is known'));
    const client = openClient(this.#address, { host: present(node.host, 'host'), port: node.port }, false);
    client.on('error', (error: unknown) => this.#ports.onError(error));
    return Promise.resolve(client);
  }

  close(): void {
    if (this.#cluster.isOpen) this.#cluster.destroy();
  }
}
