import { Command } from 'commander';
import { createApp } from '../app.ts';
import { readConfig, unknownVariables } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { StartError } from '../lib/start-error.ts';
import { createLogger, type Logger } from '../monitoring/logger.ts';
import { connectDatabase } from './connect-database.ts';
import { readyScreen } from './ready-screen.ts';

/** A second signal means now: the first one's drain is given up. */
const FORCED_EXIT_CODE = 1;

/** `parley start`: the server, until it is told to stop. */
export function startCommand(): Command {
  return new Command('start')
    .description('Start the server; without DATABASE_URL on a private PostgreSQL in the data directory')
    .option('--port <port>', 'port to listen on (PORT)')
    .option('--host <host>', 'address to listen on (HOST)')
    .option('--data <dir>', 'data directory (PARLEY_DATA_DIR)')
    .action(async (flags: { port?: string; host?: string; data?: string }) => {
      const overrides = {
        ...(flags.port === undefined ? {} : { port: flags.port }),
        ...(flags.host === undefined ? {} : { host: flags.host }),
        ...(flags.data === undefined ? {} : { dataDir: flags.data }),
      };
      await start(readConfig(process.env, overrides));
    });
}

async function start(config: Config): Promise<void> {
  const startedAt = performance.now();
  const logger = createLogger(config.logLevel, `${process.pid}`);
  for (const name of unknownVariables(process.env))
    logger.warn({ name }, 'this variable is not a setting; is it misspelt?');
  const stop = new AbortController();
  onSignal(() => stop.abort());
  const database = await connectDatabase(config, logger, stop.signal);
  const app = await createApp({ config, connection: database.connection, logger });
  const address = await app.listen();
  const ownerToken = await app.ensureOwnerToken();
  process.stdout.write(
    readyScreen({
      config,
      ...address,
      ownerToken,
      database: database.description,
      startedInMs: performance.now() - startedAt,
    }),
  );
  const reason = await Promise.race([aborted(stop.signal), database.lost]);
  logger.info({ reason }, 'stopping');
  await app.drain();
  await app.close();
  await database.stop();
  if (reason !== 'signal') {
    throw new StartError({
      code: 'database_lost',
      message: 'unable to go on; the embedded database ended by itself',
      hint: 'See the log above; start again to recover.',
    });
  }
}

/** The first signal stops in order, the second at once. */
function onSignal(stop: () => void): void {
  let signals = 0;
  const handle = () => {
    signals += 1;
    if (signals > 1) process.exit(FORCED_EXIT_CODE);
    stop();
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
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
