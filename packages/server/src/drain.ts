import type { WebSocketGateway } from './gateway/websocket-gateway.ts';
import type { Clock } from './lib/clock.ts';
import type { MessageQueue } from './queue/message-queue.ts';

export interface DrainPorts {
  readonly gateway: Pick<WebSocketGateway, 'connections' | 'draining' | 'sessions' | 'endAll'>;
  readonly queue: MessageQueue;
  readonly clock: Clock;
  random(): number;
}

export interface DrainOptions {
  /** How long the node serves as before after it has said that it is not ready: until no balancer sends it anybody new. */
  readonly noticeMs?: number;
  /** Clients move within this time; by their number where it is left out. 0: they are only told that the node goes. */
  readonly spreadMs?: number;
  /** Takes no further requests, and resolves when those that had come are answered. */
  stopServing?: () => Promise<void>;
}

/** So many clients come to the other nodes in a second at most: each brings a sync. */
const MOVES_PER_SECOND = 500;
const LEAST_SPREAD_MS = 1_000;
const MOST_SPREAD_MS = 20_000;
const QUEUE_DEADLINE_MS = 10_000;
const POLL_MS = 50;

/** Takes a node away without anybody being refused. */
export class Drain {
  readonly #ports: DrainPorts;
  /** True from the moment on at which the node is to go: it is not ready, whatever it still does. */
  isLeaving = false;

  constructor(ports: DrainPorts) {
    this.#ports = ports;
  }

  /**
   * Not ready first; then no new sockets, and every client told to connect elsewhere after a random wait, with its sends
   * served until it does. Whoever is still here then is closed, and what was accepted is written out.
   */
  async run({ noticeMs = 0, spreadMs, stopServing }: DrainOptions = {}): Promise<void> {
    const { gateway, queue } = this.#ports;
    this.isLeaving = true;
    if (noticeMs > 0) await this.#wait(noticeMs);
    gateway.draining = true;
    const withinMs = spreadMs ?? spreadOf(gateway.connections);
    await this.#move(withinMs);
    gateway.endAll('draining');
    await stopServing?.();
    await queue.drain(QUEUE_DEADLINE_MS);
  }

  async #move(withinMs: number): Promise<void> {
    const { gateway, clock } = this.#ports;
    // There is nowhere to go.
    if (withinMs === 0) return;
    for (const session of gateway.sessions())
      session.send({ t: 'drain', reconnectInMs: Math.round(this.#ports.random() * withinMs) });
    const deadline = clock.monotonic() + withinMs;
    while (gateway.connections > 0 && clock.monotonic() < deadline) await this.#wait(POLL_MS);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#ports.clock.setTimeout(resolve, delayMs));
  }
}

function spreadOf(connections: number): number {
  return Math.min(Math.max((connections / MOVES_PER_SECOND) * 1_000, LEAST_SPREAD_MS), MOST_SPREAD_MS);
}
