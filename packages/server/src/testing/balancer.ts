import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

/** How often each node is asked whether it is ready, and how long it has to say so. */
const PROBE_PERIOD_MS = 250;
const PROBE_TIMEOUT_MS = 1_000;

/** The one address of several nodes. */
export interface Balancer {
  readonly url: string;
  readonly port: number;
  /** Ports of the nodes that get new connections. */
  readonly ready: ReadonlySet<number>;
  close(): Promise<void>;
}

/**
 * Passes each TCP connection on to the next node that is ready, or that at least takes it. It knows no sessions: a socket may
 * live on any node. Nodes are asked for `/readyz`, as the balancers that people run do.
 */
export async function startBalancer(ports: readonly number[]): Promise<Balancer> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  const ready = new Set(ports);
  const closed = new AbortController();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    turn += 1;
    const inTurn = ports.map((_, index) => ports[(turn + index) % ports.length] ?? 0);
    const order = inTurn.toSorted((a, b) => Number(ready.has(b)) - Number(ready.has(a)));
    void passOn(incoming, order, sockets);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const probes = ports.map((node) => probe(node, ready, closed.signal));
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    ready,
    async close() {
      closed.abort();
      for (const socket of sockets) socket.destroy();
      server.close();
      await Promise.all([once(server, 'close'), ...probes]);
    },
  };
}

async function passOn(incoming: Socket, order: readonly number[], sockets: Set<Socket>): Promise<void> {
  keep(incoming, sockets);
  for (const port of order) {
    const outgoing = await open(port);
    if (outgoing === null) continue;
    keep(outgoing, sockets);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
    // It may have gone while the node was looked for.
    if (incoming.destroyed) outgoing.destroy();
    return;
  }
  incoming.destroy();
}

/** Nothing has been said yet, so another node may be tried without doing anything twice. */
function open(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function keep(socket: Socket, sockets: Set<Socket>): void {
  socket.setNoDelay(true);
  sockets.add(socket);
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
}

async function probe(port: number, ready: Set<number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    const isReady = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: timeout }).then(
      (response) => response.ok,
      () => false,
    );
    if (isReady) ready.add(port);
    else ready.delete(port);
    await delay(PROBE_PERIOD_MS, undefined, { signal }).catch(() => {});
  }
}
