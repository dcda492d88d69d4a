import { Command, Option } from 'commander';
import { readConfig, unknownVariables } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { StartError } from '../lib/start-error.ts';
import { createLogger, type Logger } from '../monitoring/logger.ts';
import { connectDatabase } from './connect-database.ts';
import { readyScreen } from './ready-screen.ts';
import { demandShared, runWorkers, WORKER_FLAG } from './start-workers.ts';

/** A second signal means now: the first one's drain is given up. */
const FORCED_EXIT_CODE = 1;

interface Flags {
  readonly port?: string;
  readonly host?: string;
  readonly data?: string;
  readonly workers?: string;
  readonly workerNumber?: string;
}

/** `parley start`: the server, until it is told to stop. */
export function startCommand(): Command {
  return new Command('start')
    .description('Start the server; without DATABASE_URL on a private PostgreSQL in the data directory')
    .option('--port <port>', 'port to listen on (PORT)')
    .option('--host <host>', 'address to listen on (HOST)')
    .option('--data <dir>', 'data directory (PARLEY_DATA_DIR)')
    .option('--workers <n>', 'processes on this port, each a node of the cluster (PARLEY_WORKERS)')
    .addOption(new Option(`${WORKER_FLAG} <n>`).hideHelp())
    .action(async (flags: Flags) => {
      const overrides = {
        ...(flags.workers === undefined ? {} : { workers: flags.workers }),
        ...(flags.port === undefined ? {} : { port: flags.port }),
        ...(flags.host === undefined ? {} : { host: flags.host }),
        ...(flags.data === undefined ? {} : { dataDir: flags.data }),
      };
      const config = readConfig(process.env, overrides);
      const logger = createLogger(config.logLevel, `${process.pid}`);
      if (flags.workerNumber !== undefined) return await startWorker(config, logger, Number(flags.workerNumber));
      for (const name of unknownVariables(process.env))
        logger.warn({ name }, 'this variable is not a setting; is it misspelt?');
      const stop = new AbortController();
      onSignal(['SIGTERM', 'SIGINT'], () => stop.abort());
      if (config.workers === 1) return await start(config, logger, stop.signal);
      demandShared(config);
      await runWorkers(config.workers, logger, aborted(stop.signal));
    });
}

/** One of several: the first speaks for all, and each has a port of its own for metrics. */
async function startWorker(config: Config, logger: Logger, number: number): Promise<void> {
  const stop = new AbortController();
  // Ctrl-C reaches all processes of a terminal, but only the first one of them decides.
  process.on('SIGINT', () => {});
  onSignal(['SIGTERM'], () => stop.abort());
  const metricsPort = config.metricsPort === 0 ? 0 : config.metricsPort + number - 1;
  await start({ ...config, metricsPort }, logger, stop.signal, number === 1);
  // The channel to the first process would keep this one alive.
  process.disconnect();
}

/** Serves until the signal comes. */
async function start(config: Config, logger: Logger, signal: AbortSignal, isSpeaker = true): Promise<void> {
  const startedAt = performance.now();
  // A database of our own starts in processes of its own; meanwhile this one loads what the server is made of.
  const [database, { createApp }] = await Promise.all([connectDatabase(config, logger, signal), import('../app.ts')]);
  // Whatever ends it, nothing that was started here may keep the process: who watches it would take it for alive.
  try {
    const app = await createApp({ config, connection: database.connection, logger });
    try {
      const address = await app.listen();
      if (isSpeaker) {
        const ownerToken = await app.ensureOwnerToken();
        const startedInMs = performance.now() - startedAt;
        process.stdout.write(
          readyScreen({ config, ...address, ownerToken, database: database.description, startedInMs }),
        );
      }
      const reason = await Promise.race([aborted(signal), database.lost]);
      logger.info({ reason }, 'stopping');
      await app.drain();
      if (reason !== 'signal') throw databaseLost();
    } finally {
      await app.close();
    }
  } finally {
    await database.stop();
  }
}

function databaseLost(): StartError {
  return new StartError({
    code: 'database_lost',
    message: 'unable to go on; the embedded database ended by itself',
    hint: 'See the log above; start again to recover.',
  });
}

/** The first signal stops in order, the second at once. */
function onSignal(names: readonly NodeJS.Signals[], stop: () => void): void {
  let signals = 0;
  const handle = () => {
    signals += 1;
    if (signals > 1) process.exit(FORCED_EXIT_CODE);
    stop();
  };
  for (const name of names) process.on(name, handle);
}

function aborted(signal: AbortSignal): Promise<'signal'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('signal');
    else signal.addEventListener('abort', () => resolve('signal'), { once: true });
  });
}

/** Logs what nobody caught. The process is then in a state nobody planned, so it ends and is started again. */
export function endOnUncaught(logger: Logger): void {
  const end = (error: unknown) => {
    logger.fatal({ err: error }, 'a fault nobody caught');
    process.exit(FORCED_EXIT_CODE);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
