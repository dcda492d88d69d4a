import cluster from 'node:cluster';
import type { Config } from '../config/settings.ts';
import { StartError } from '../lib/start-error.ts';
import type { Logger } from '../monitoring/logger.ts';

/** A worker that ended by itself is replaced after this, so that one that cannot live does not take the machine. */
const REPLACE_AFTER_MS = 1_000;

/** The flag by which a worker is told its number, from 1. */
export const WORKER_FLAG = '--worker-number';

/** Refuses to start workers without what joins them. */
export function demandShared(config: Config): void {
  const missing = [
    ...(config.databaseUrl === undefined ? ['DATABASE_URL'] : []),
    ...(config.redisUrl === undefined ? ['REDIS_URL'] : []),
  ];
  if (missing.length === 0) return;
  throw new StartError({
    code: 'workers_need_redis',
    message: `unable to start several workers; each is a node of its own, and ${missing.join(' and ')} is not set`,
    hint: 'Set both, or leave --workers out: one process serves some ten thousand sockets.',
  });
}

/**
 * Runs `count` nodes in processes of their own on one port: this process takes the connections and deals them out. Resolves
 * when `stopped` has, and all of them have ended in order.
 */
export async function runWorkers(count: number, logger: Logger, stopped: Promise<unknown>): Promise<void> {
  const args = process.argv.slice(2);
  const numbers = new Map<number, number>();
  let isStopping = false;
  const fork = (number: number): void => {
    cluster.setupPrimary({ args: [...args, WORKER_FLAG, `${number}`] });
    numbers.set(cluster.fork().id, number);
  };
  const allEnded = new Promise<void>((resolve) => {
    cluster.on('exit', (worker, code, signal) => {
      const number = numbers.get(worker.id) ?? 1;
      numbers.delete(worker.id);
      if (isStopping) return numbers.size === 0 ? resolve() : undefined;
      logger.error({ worker: number, code, signal }, 'a worker ended by itself and is replaced');
      setTimeout(() => {
        if (!isStopping) fork(number);
      }, REPLACE_AFTER_MS);
    });
  });
  for (let number = 1; number <= count; number++) fork(number);
  await stopped;
  isStopping = true;
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM');
  if (numbers.size > 0) await allEnded;
}
