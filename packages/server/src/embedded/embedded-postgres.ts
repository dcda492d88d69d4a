import { mkdirSync } from 'node:fs';
import type pg from 'pg';
import { type Account, chooseAccount, giveTo } from './account.ts';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import { clusterDirectory, inheritDirectories, openDataDirectory, requireOwnCluster } from './data-directory.ts';
import { lockDirectory } from './directory-lock.ts';
import { type Endpoint, socketEndpoint, tcpEndpoint } from './endpoint.ts';
import { explainError, explainOutput } from './failure.ts';
import { ensureCluster } from './init-cluster.ts';
import { clearLeftovers } from './leftovers.ts';
import { type PostgresExit, type PostgresProcess, startPostgres } from './postgres-process.ts';
import { POSTGRES_SETTINGS, settingArguments } from './postgres-settings.ts';
import { ensureDatabase, waitUntilReady } from './wait-ready.ts';

/** A private PostgreSQL of this process. */
export interface EmbeddedPostgres {
  /** For `pg.Pool`: a Unix socket (on Windows a loopback port with a password), user and database `parley`. */
  readonly connectionConfig: pg.PoolConfig;
  /** As `SHOW server_version` says it. */
  readonly serverVersion: string;
  /** Resolves when PostgreSQL ends without having been told to; nothing can be stored from then on. */
  readonly exited: Promise<PostgresExit>;
  /** Fast shutdown, then gives the data directory free. May be called again. */
  stop(): Promise<void>;
}

/** What {@link startEmbeddedPostgres} needs to know. */
export interface EmbeddedPostgresOptions {
  /** Created when missing; `postgres/` below it is the database, `parley.lock` keeps a second server away. */
  readonly dataDir: string;
  /** Gets what PostgreSQL and the launcher have to say, line by line. */
  readonly log?: ((line: string) => void) | undefined;
  /** Gives a start up, at any moment of it; the start then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Settings of PostgreSQL in place of ours. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Folder with `postgres` and `initdb`, in place of those that npm installed. */
  readonly binDir?: string | undefined;
  /** `tcp` where Unix sockets cannot be used; by default only on Windows. */
  readonly transport?: 'socket' | 'tcp' | undefined;
}

type Undo = () => void | Promise<void>;

interface Launch extends EmbeddedPostgresOptions {
  readonly account: Account | undefined;
  readonly binaries: PostgresBinaries;
  readonly endpoint: Endpoint;
  readonly clusterDir: string;
  readonly log: (line: string) => void;
}

/**
 * Starts (or reopens) the private PostgreSQL below `dataDir` and resolves when it accepts statements. Rejects with a
 * StartError, whose hint says what to do, where that cannot be. PostgreSQL stops when this process ends, however it ends.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = openDataDirectory(options.dataDir);
  const task = `start the database in ${dataDir}`;
  const undo: Undo[] = [];
  try {
    const launch = await prepare({ ...options, dataDir }, undo);
    const server = await run(launch);
    undo.push(() => server.stop());
    const serverVersion = await waitForServer(launch, server, task);
    return present(launch, server, serverVersion, undo);
  } catch (error) {
    await unwind(undo);
    throw options.signal?.aborted ? options.signal.reason : explainError(task, error);
  }
}

/** Everything before the server: the lock first, since all that follows would disturb a server that runs there. */
async function prepare(options: EmbeddedPostgresOptions, undo: Undo[]): Promise<Launch> {
  const { dataDir, binDir, signal, log = () => {} } = options;
  signal?.throwIfAborted();
  const clusterDir = clusterDirectory(dataDir);
  requireOwnCluster(clusterDir);
  const lock = lockDirectory(dataDir);
  undo.push(() => lock.release());

  const account = chooseAccount(clusterDir);
  const binaries = findBinaries({ binDir, account, dataDir });
  const transport = options.transport ?? (process.platform === 'win32' ? 'tcp' : 'socket');
  const endpoint = transport === 'tcp' ? await tcpEndpoint(dataDir) : socketEndpoint(dataDir);
  undo.push(() => endpoint.dispose());
  const { socketDir, passwordFile } = endpoint;
  await clearLeftovers({ clusterDir, socketDir, log, signal });
  await ensureCluster({ dataDir, binaries, account, passwordFile, log, signal });
  giveTo(account, clusterDir);
  if (socketDir !== undefined && socketDir !== clusterDir) {
    mkdirSync(socketDir, { recursive: true, mode: 0o700 });
    giveTo(account, socketDir);
  }
  return { ...options, account, binaries, endpoint, clusterDir, log };
}

async function run({ account, binaries, clusterDir, endpoint, log, settings }: Launch): Promise<PostgresProcess> {
  const directories = inheritDirectories([clusterDir, endpoint.socketDir ?? clusterDir], account);
  const [directoryName = clusterDir, socketDirName = clusterDir] = directories.names;
  const { descriptors } = directories;
  const args = settingArguments({ ...POSTGRES_SETTINGS, ...settings, ...endpoint.settings(socketDirName) });
  try {
    return await startPostgres({ binDir: binaries.binDir, account, directoryName, args, descriptors, log });
  } finally {
    directories.close();
  }
}

async function waitForServer(launch: Launch, server: PostgresProcess, task: string): Promise<string> {
  const { clusterDir, endpoint, log, signal } = launch;
  if (await waitUntilReady({ server, clusterDir, log, signal })) return ensureDatabase(endpoint.config);
  throw explainOutput(task, await server.lastLines());
}

function present(
  { endpoint }: Launch,
  server: PostgresProcess,
  serverVersion: string,
  undo: readonly Undo[],
): EmbeddedPostgres {
  let stopped: Promise<void> | undefined;
  const exited = new Promise<PostgresExit>((resolve) => {
    void server.ended.then((exit) => {
      if (stopped === undefined) resolve(exit);
    });
  });
  const stop = (): Promise<void> => {
    stopped ??= unwind(undo);
    return stopped;
  };
  return { connectionConfig: endpoint.config, serverVersion, exited, stop };
}

/** The last step is undone first. */
async function unwind(undo: readonly Undo[]): Promise<void> {
  for (const step of undo.toReversed()) await step();
}
