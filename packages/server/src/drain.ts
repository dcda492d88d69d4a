import type { WebSocketGateway } from './gateway/websocket-gateway.ts';
import type { Clock } from './lib/clock.ts';
import type { MessageQueue } from './queue/message-queue.ts';

export interface DrainPorts {
  readonly gateway: Pick<WebSocketGateway, 'connections' | 'draining' | 'sessions'>;
  readonly queue: MessageQueue;
  readonly clock: Clock;
  random(): number;
}

/** Clients are told to move within this time, each at a moment of its own, so that the other nodes see no storm. */
const SPREAD_MS = 5_000;
const QUEUE_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/**
 * Empties a node: no new sockets, every client told to connect elsewhere after a random wait, sends served until they do,
 * the queue written out, and whoever is still here closed.
 */
export async function drainNode(ports: DrainPorts, spreadMs: number = SPREAD_MS): Promise<void> {
  const { gateway, queue, clock } = ports;
  gateway.draining = true;
  for (const session of gateway.sessions())
    session.send({ t: 'drain', reconnectInMs: Math.round(ports.random() * spreadMs) });
  const deadline = clock.monotonic() + spreadMs;
  while (gateway.connections > 0 && clock.monotonic() < deadline) await wait(clock, POLL_MS);
  await queue.drain(QUEUE_DEADLINE_MS);
  for (const session of gateway.sessions()) session.end('draining');
}

function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimeout(resolve, delayMs));
}
