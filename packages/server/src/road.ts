import type { Sent } from '@parley/protocol';
import type pg from 'pg';
import { decideSend } from './channels/decide-send.ts';
import type { Config } from './config/settings.ts';
import type { Fanout } from './fanout/fanout.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './monitoring/logger.ts';
import { MemoryQueue } from './queue/memory-queue.ts';
import type { MessageQueue } from './queue/message-queue.ts';
import type { SendEntry } from './queue/send-entry.ts';
import { Writer } from './writer/writer.ts';

export interface RoadPorts {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Connections that only the writer uses: no other query may stand before a commit. */
  readonly pool: pg.Pool;
  readonly fanout: Fanout;
  onCommit(sent: readonly Sent[], entries: readonly SendEntry[]): void;
  onBatch?(size: number, path: 'optimistic' | 'exact'): void;
  onParked?(): void;
}

/** Builds the part of the road between the commands and the fanout: a queue that feeds a writer. */
export function buildRoad(ports: RoadPorts): MessageQueue {
  const { config, clock, logger, pool, fanout } = ports;
  const queue = new MemoryQueue({
    clock,
    lanes: config.writerLanes,
    config: { maxSize: config.queueMaxSize, retentionPeriod: config.queueRetention, batchSize: config.queueBatchSize },
  });
  const writer = new Writer({
    pool,
    fanout,
    decideSend,
    onCommit: (sent, entries) => ports.onCommit(sent, entries),
    onBatch: (size, path) => ports.onBatch?.(size, path),
    onParked: (entry, error) => {
      ports.onParked?.();
      logger.error({ err: error, channelId: entry.channelId, messageId: entry.id }, 'a message was set aside');
    },
  });
  queue.start((batch) => writer.write(batch));
  return queue;
}
