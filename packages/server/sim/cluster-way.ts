import type { Random } from '@parley/load-test';
import type { Config } from '../src/config/settings.ts';
import type { Bus } from '../src/fanout/bus.ts';
import { RedisBus } from '../src/fanout/redis-bus.ts';
import { LocalLimiter } from '../src/rate-limit/local-limiter.ts';
import { policiesOf } from '../src/rate-limit/policy.ts';
import type { RateLimiter } from '../src/rate-limit/rate-limiter.ts';
import { RedisLimiter } from '../src/rate-limit/redis-limiter.ts';
import { RedisLink } from '../src/storage/redis.ts';
import type { NodeClock } from './node-clock.ts';
import type { RedisServer } from './redis/redis-server.ts';
import { openSimRedisClient, RedisWay } from './redis/sim-redis-client.ts';
import type { BusServer, SimBus } from './sim-bus.ts';
import type { Tally } from './tally.ts';

/** What a node is given to be one of several. */
export interface ClusterWay {
  readonly bus: Bus;
  readonly limiter: RateLimiter;
  /** The real bus, queue, limiter and presence stand on this; undefined where a model of a bus joins the nodes. */
  readonly link: RedisLink | undefined;
  /** What faults reach. */
  readonly simBus: SimBus | null;
  readonly redisWay: RedisWay | null;
  /** The node's process has died. */
  abandon(): void;
}

/** A bus that is only a model: it keeps no more than what a bus promises, which is less than Redis gives. */
export function joinModelBus(server: BusServer, config: Config, clock: NodeClock): ClusterWay {
  const bus = server.join();
  return {
    bus,
    limiter: new LocalLimiter(policiesOf(config), clock),
    link: undefined,
    simBus: bus,
    redisWay: null,
    abandon: () => {
      void bus.close();
      bus.onPayload = () => {};
    },
  };
}

export interface RedisParts {
  readonly server: RedisServer;
  readonly nodeName: string;
  readonly config: Config;
  readonly clock: NodeClock;
  readonly random: Random;
  readonly effects: Tally;
}

/** The product's own bus and limiter on a model of Redis. */
export function joinRedis({ server, nodeName, config, clock, random, effects }: RedisParts): ClusterWay {
  const redisWay = new RedisWay();
  const world = { server, way: redisWay, clock, random, effects };
  const clients: { destroy(): void; readonly isOpen: boolean }[] = [];
  const onError = () => {};
  const open = (reconnect: false | ((retries: number) => number)) => {
    const client = openSimRedisClient(world, reconnect);
    client.on('error', onError);
    clients.push(client);
    return client;
  };
  const options = { url: '', prefix: 'parley:', clock, random: () => random.float(), onError };
  const link = new RedisLink(options, (_, ports) => {
    const client = open((retries) => ports.retryDelay(retries));
    return {
      client,
      get isReady() {
        return client.isReady;
      },
      shards: null,
      countsListeners: true,
      start: async () => void (await client.connect()),
      newConnection: () => Promise.resolve(open(false)),
      close: () => client.destroy(),
    };
  });
  link.home.start().catch(onError);
  const bus = new RedisBus({ link, nodeName, onError });
  return {
    bus,
    limiter: new RedisLimiter(policiesOf(config), link),
    link,
    simBus: null,
    redisWay,
    abandon: () => {
      bus.onPayload = () => {};
      for (const client of clients) if (client.isOpen) client.destroy();
    },
  };
}
