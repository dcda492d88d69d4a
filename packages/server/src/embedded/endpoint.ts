import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { StartError } from '../lib/start-error.ts';
import { clusterDirectory } from './data-directory.ts';

/** How we reach PostgreSQL and nobody else does. */
export interface Endpoint {
  readonly config: pg.PoolConfig & { readonly database: string };
  /** Directory of the Unix socket, if it is one. */
  readonly socketDir?: string;
  /** File with the password, if there is one. */
  readonly passwordFile?: string;
  /** Settings that make the server listen there; it may have to call the socket's directory by another name. */
  settings(socketDirName: string): Record<string, string>;
  /** Removes what must not outlive the server. */
  dispose(): void;
}

/** Only names the socket; nothing listens on this port. */
const SOCKET_PORT = 5432;

/** The kernel's limit for the path of a socket (108 and 104 bytes with the ending zero). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

const WHO = { user: 'parley', database: 'parley' } as const;

/** Path of the socket in its directory. */
export function socketPath(socketDir: string): string {
  return join(socketDir, `.s.PGSQL.${SOCKET_PORT}`);
}

/**
 * A Unix socket without password, in a directory that only we can enter: the cluster itself, or, when that path is too
 * long for a socket, one below the system's folder for temporary files.
 */
export function socketEndpoint(dataDir: string): Endpoint {
  const inCluster = clusterDirectory(dataDir);
  const isShort = Buffer.byteLength(socketPath(inCluster)) <= MAX_SOCKET_PATH_BYTES;
  const temporary = isShort ? undefined : temporaryDirectory(dataDir);
  const socketDir = temporary === undefined ? inCluster : join(temporary, 'socket');
  return {
    config: { ...WHO, host: socketDir, port: SOCKET_PORT },
    socketDir,
    settings: (socketDirName) => ({
      listen_addresses: '',
      port: String(SOCKET_PORT),
      unix_socket_directories: socketDirName,
      unix_socket_permissions: '0700',
    }),
    dispose: () => {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** A free port of the loopback address with a random password, for systems whose Unix sockets we cannot use (Windows). */
export async function tcpEndpoint(dataDir: string): Promise<Endpoint> {
  const passwordFile = join(dataDir, 'postgres.password');
  if (!existsSync(passwordFile)) writeFileSync(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 });
  const port = await freePort();
  return {
    config: { ...WHO, host: '127.0.0.1', port, password: readFileSync(passwordFile, 'utf8') },
    passwordFile,
    settings: () => ({ listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '' }),
    dispose: () => {},
  };
}

/** The same for each start, so that what a killed server left there is found again. */
function temporaryDirectory(dataDir: string): string {
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const path = join(tmpdir(), `parley-${name}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(path);
  // Everyone may create names in that folder: one that is not ours and ours alone is somebody's trap.
  if (uid === process.getuid?.() && (mode & 0o777) === 0o700) return path;
  throw new StartError({
    code: 'socket_dir_unusable',
    message: `unable to put the database socket into ${path}; that folder belongs to somebody else`,
    hint: 'Choose a data directory with a shorter path (at most about 80 characters), so that the socket fits there.',
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
