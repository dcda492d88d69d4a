import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config/settings.ts';
import { type Finding, failed, warning, well } from './diagnosis.ts';

const OLDEST_NODE = [20, 19] as const;
/** Less is filled by a busy day and its write-ahead log. */
const LOW_DISK_BYTES = 2_000_000_000;
/** With less PostgreSQL may stop at its next checkpoint. */
const FULL_DISK_BYTES = 200_000_000;
/** Descriptors besides those of the sockets: files, database, Redis. */
const OTHER_DESCRIPTORS = 200;
const ANSWER_TIMEOUT_MS = 3_000;

/** Whether this Node is new enough. */
export function diagnoseNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = OLDEST_NODE;
  const isNewEnough = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  if (isNewEnough) return well('Node', version);
  return failed('Node', version, `Install Node ${OLDEST_NODE.join('.')} or newer.`);
}

/** Whether there is room where the embedded database and attachments are. */
export async function diagnoseDisk(dataDir: string): Promise<Finding> {
  let directory = resolve(dataDir);
  while (!existsSync(directory)) directory = dirname(directory);
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free at ${directory}`;
  const advice = 'Make room, or move the data directory to a larger disk.';
  if (free < FULL_DISK_BYTES) return failed('disk', found, advice);
  return free < LOW_DISK_BYTES ? warning('disk', found, advice) : well('disk', found);
}

/** Whether the system lets this process open as many sockets as the settings promise. */
export async function diagnoseDescriptors({ maxConnections }: Pick<Config, 'maxConnections'>): Promise<Finding> {
  if (process.platform === 'win32') return well('descriptors', 'without a limit on this system');
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n']);
  const limit = stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout);
  const found = `${limit} files and sockets; maxConnections is ${maxConnections}`;
  if (limit >= maxConnections + OTHER_DESCRIPTORS) return well('descriptors', found);
  return warning(
    'descriptors',
    found,
    `Raise the limit (ulimit -n, or LimitNOFILE= of systemd) to ${maxConnections + OTHER_DESCRIPTORS}, or lower PARLEY_MAX_CONNECTIONS.`,
  );
}

/** Whether the port is free for a server to come, or is that of our own server, and that is ready. */
export async function diagnosePort({ host, port }: Pick<Config, 'host' | 'port'>): Promise<Finding> {
  const place = `${host}:${port}`;
  const refusal = await tryToListen(host, port);
  if (refusal === undefined) return well('port', `${place} is free; no server runs there`);
  if (refusal !== 'EADDRINUSE') {
    return failed('port', `${place} cannot be used: ${refusal}`, 'Correct HOST, or choose a PORT above 1023.');
  }
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  const ready = await ask(`http://${address}:${port}/readyz`);
  if (ready === undefined) {
    return failed('port', `${place} is taken by another program`, 'Stop it, or choose another PORT.');
  }
  if (ready.status === 200) return well('port', `a server answers at ${place} and is ready`);
  return failed('port', `the server at ${place} is not ready: ${ready.text}`, 'Look at the log of the server.');
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolvePromise) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolvePromise(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolvePromise(undefined)));
  });
}

async function ask(url: string): Promise<{ status: number; text: string } | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    const text = (await answer.text()).slice(0, 300);
    // Whoever else may listen there has no such answer.
    return text.includes('"checks"') ? { status: answer.status, text } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is a web app to serve. */
export function diagnoseWeb(directory: string): Finding {
  if (existsSync(join(directory, 'index.html'))) return well('web app', 'built');
  return warning(
    'web app',
    `not built; no index.html in ${directory}`,
    'Run `npm run build`. All but the pages works without it.',
  );
}
