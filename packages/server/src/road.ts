import type pg from 'pg';
import { decideSend } from './channels/decide-send.ts';
import type { Config } from './config/settings.ts';
import type { Fanout } from './fanout/fanout.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './monitoring/logger.ts';
import { DeadLetters } from './queue/dead-letters.ts';
import { MemoryQueue } from './queue/memory-queue.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { QueueAck } from './queue/queue-ack.ts';
import { RedisQueue } from './queue/redis-queue.ts';
import type { SendEntry } from './queue/send-entry.ts';
import { errorCode } from './storage/postgres.ts';
import type { RedisLink } from './storage/redis.ts';
import { Writer } from './writer/writer.ts';

export interface RoadPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Connections that only the writer uses: no other query may stand before a commit. */
  readonly pool: pg.Pool;
  readonly fanout: Fanout;
  readonly nodeName: string;
  /** The way to the queue that nodes share; undefined for a node that is alone. */
  readonly link: RedisLink | undefined;
  onCommit(entries: readonly SendEntry[]): void;
  onBatch?(size: number, path: 'optimistic' | 'exact'): void;
  onParked?(): void;
}

/** The topic by which nodes tell each other how entries ended. */
export const QUEUE_ACKS = 'queue.acks';

/** What stands between the commands and the fanout. */
export interface Road {
  readonly queue: MessageQueue;
  /** Takes what another node told under `QUEUE_ACKS`. */
  readonly acked: (acks: unknown) => void;
}

/** Builds the part of the road between the commands and the fanout: a queue that feeds a writer. */
export function buildRoad(ports: RoadPorts): Road {
  const { logger, pool, fanout } = ports;
  const road = buildQueue(ports);
  const deadLetters = ports.link === undefined ? null : new DeadLetters(ports.link);
  const writer = new Writer({
    pool,
    fanout,
    decideSend,
    onCommit: (entries) => ports.onCommit(entries),
    onBatch: (size, path) => ports.onBatch?.(size, path),
    onParked: (entry, error) => {
      ports.onParked?.();
      logger.error({ err: error, channelId: entry.channelId, messageId: entry.id }, 'a message was set aside');
      deadLetters
        ?.add(JSON.stringify(entry), reasonOf(error))
        .catch((fault: unknown) => logger.warn({ err: fault }, 'a message that was set aside could not be kept'));
    },
  });
  road.queue.start((batch) => writer.write(batch));
  return road;
}

/** PostgreSQL's messages name no values, but its details do. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? 'refused' : `refused by the database with SQLSTATE ${code}`;
}

function buildQueue({ config, clock, logger, fanout, link, nodeName }: RoadPorts): Road {
  const options = {
    clock,
    writers: config.writerLanes,
    config: { maxSize: config.queueMaxSize, retentionPeriod: config.queueRetention, batchSize: config.queueBatchSize },
  };
  if (link === undefined) return { queue: new MemoryQueue(options), acked: () => {} };
  const queue = new RedisQueue({
    ...options,
    link,
    nodeName,
    mode: config.queueMode,
    tell: (other, acks) => fanout.node(other, QUEUE_ACKS, acks),
    onError: (error) => logger.warn({ err: error }, 'a fault of the shared queue'),
  });
  return { queue, acked: (acks) => queue.acked(acks as readonly QueueAck[]) };
}
