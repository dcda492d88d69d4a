import type { Config } from './config/settings.ts';
import { RedisBus } from './fanout/redis-bus.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './monitoring/logger.ts';
import { policiesOf } from './rate-limit/policy.ts';
import { RedisLimiter } from './rate-limit/redis-limiter.ts';
import { RedisLink } from './storage/redis.ts';

/** Names the shape of what is kept in Redis; nodes of another shape do not read it. */
const SHAPE = 1;
/** Faults of one connection are logged at most this often: a Redis that is away fails many times a second. */
const LOG_PERIOD_MS = 5_000;

export interface ClusterParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  /** That of the database: it keeps servers apart that share one Redis, and a restored database from its former self. */
  readonly epoch: string;
  readonly nodeName: string;
  readonly onLag: (lagMs: number) => void;
}

/** What joins this node to the others. */
export interface Cluster {
  readonly bus: RedisBus;
  readonly link: RedisLink;
  readonly limiter: RedisLimiter;
  /** Resolves while Redis answers and this node hears the others. */
  check(): Promise<void>;
  close(): void;
}

/** Before all that the servers of one database keep in Redis. */
export function prefixOf(epoch: string): string {
  return `parley:${SHAPE}:${epoch}:`;
}

/** Connects to Redis when there is a `REDIS_URL`; null for a node that is alone. */
export async function joinCluster({
  config,
  clock,
  logger,
  epoch,
  nodeName,
  onLag,
}: ClusterParts): Promise<Cluster | null> {
  if (config.redisUrl === undefined) return null;
  let loggedAt = Number.NEGATIVE_INFINITY;
  const onError = (error: unknown) => {
    if (clock.monotonic() - loggedAt < LOG_PERIOD_MS) return;
    loggedAt = clock.monotonic();
    logger.warn({ err: error }, 'a fault of Redis; sends go on, other nodes may hear of them late');
  };
  const link = await RedisLink.connect({
    url: config.redisUrl,
    prefix: prefixOf(epoch),
    clock,
    random: Math.random,
    onError,
  });
  const bus = new RedisBus({ link, nodeName, onError, onLag });
  return {
    bus,
    link,
    limiter: new RedisLimiter(policiesOf(config), link),
    async check() {
      await link.check();
      if (!bus.isListening) throw new Error('this node does not hear the others');
    },
    close: () => link.close(),
  };
}
