import { createRequire } from 'node:module';
import type { HostPort, RedisAddress } from './redis-address.ts';

/** Loaded by the first who has a Redis: it takes a tenth of the time of a start, and many servers have none. */
function redis(): typeof import('@redis/client') {
  return require('@redis/client') as typeof import('@redis/client');
}
const require = createRequire(import.meta.url);

/** Commands that may wait for a server that is stalled; above it they fail at once, so that memory stays bounded. */
const MAX_WAITING_COMMANDS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** A connection that says nothing for this long, pings included, is given up and made anew. */
const SILENCE_MS = 15_000;
const PING_PERIOD_MS = 4_000;
/** How long a node of a cluster is tried again before the others are asked who took its place. */
const TOPOLOGY_AFTER_MS = 500;

export type RedisClient = ReturnType<typeof openClient>;
export type RedisCluster = ReturnType<typeof openCluster>;
export type RetryDelay = (retries: number) => number;

/** A connection to one server, not yet open; `retryDelay` false: it ends when it is lost. */
export function openClient(address: RedisAddress, node: HostPort, retryDelay: false | RetryDelay) {
  const { host, port } = node;
  const { username, password, database, tls } = address;
  return redis().createClient({
    ...defaults(username, password),
    database,
    socket: tls
      ? { host, port, ...SOCKET, reconnectStrategy: retryDelay, tls }
      : { host, port, ...SOCKET, reconnectStrategy: retryDelay },
  });
}

/** The way to all nodes of a cluster, not yet open. */
export function openCluster(address: RedisAddress, retryDelay: RetryDelay) {
  const { username, password, tls, nodes } = address;
  const socket = { ...SOCKET, reconnectStrategy: retryDelay };
  const rootSocket = { ...SOCKET, reconnectStrategy: false as const };
  return redis().createCluster({
    rootNodes: nodes.map(({ host, port }) => ({
      ...defaults(username, password),
      socket: tls ? { ...rootSocket, host, port, tls } : { ...rootSocket, host, port },
    })),
    defaults: { ...defaults(username, password), socket: tls ? { ...socket, tls } : socket },
    ...COMMANDS,
    topologyRefreshOnReconnectionAttemptStrategy: TOPOLOGY_AFTER_MS,
  });
}

/** Ends a connection, whatever state it is in. */
export function destroy(client: Pick<RedisClient, 'isOpen' | 'destroy'>): void {
  if (client.isOpen) client.destroy();
}

const SOCKET = { connectTimeout: CONNECT_TIMEOUT_MS, socketTimeout: SILENCE_MS, keepAlive: true };

/** No timer for each command, which would only bound the time until it is written: who must not wait asks with a bound of his own. */
const COMMANDS = { commandOptions: { timeout: 0 } };

function defaults(username: string | undefined, password: string | undefined) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    name: 'parley',
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING_COMMANDS,
    pingInterval: PING_PERIOD_MS,
    ...COMMANDS,
  };
}
