import type { Random } from '@parley/load-test';
import { START_MS } from '../node-clock.ts';
import type { Scheduler } from '../scheduler.ts';
import { RedisModel } from './redis-model.ts';
import type { Reply } from './reply.ts';

/** The server's side of one connection. */
export interface RedisBackend {
  readonly channels: Set<string>;
  isDead: boolean;
  /** The server has ended the connection. */
  onEnd(): void;
  onMessage(channel: string, text: string): void;
}

/** A Redis process: its data, who listens to what, and how it is at the moment. */
export class RedisServer {
  readonly model: RedisModel;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #backends = new Set<RedisBackend>();
  /** Nothing listens. */
  isDown = false;
  /** The process stands still: what it is sent it does once it goes on. */
  #stalled: (() => void)[] | null = null;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.model = new RedisModel(() => START_MS + scheduler.nowMs);
  }

  connect(ends: Pick<RedisBackend, 'onEnd' | 'onMessage'>): RedisBackend {
    const backend: RedisBackend = { channels: new Set(), isDead: false, ...ends };
    this.#backends.add(backend);
    return backend;
  }

  disconnect(backend: RedisBackend): void {
    backend.isDead = true;
    this.#backends.delete(backend);
  }

  /** Carries out a command, now or when it goes on. */
  take(backend: RedisBackend, command: readonly string[], answer: (reply: Reply) => void): void {
    const run = (): void => {
      if (!backend.isDead) answer(this.#execute(backend, command));
    };
    if (this.#stalled === null) run();
    else this.#stalled.push(run);
  }

  /** The process ends; with it all connections. `loses`: and what it held. */
  crash(loses: boolean): void {
    this.isDown = true;
    if (loses) this.model.restart();
    this.#stalled = this.#stalled === null ? null : [];
    this.endAll(() => true);
  }

  /** Ends connections: all, or those that listen. */
  endAll(isChosen: (backend: RedisBackend) => boolean): number {
    const chosen = [...this.#backends].filter(isChosen);
    for (const backend of chosen) {
      this.disconnect(backend);
      backend.onEnd();
    }
    return chosen.length;
  }

  /** Listeners that seem well hear nothing more: their subscriptions are gone and nobody is told. */
  deafen(share: number): number {
    const chosen = [...this.#backends].filter(({ channels }) => channels.size > 0 && this.#random.chance(share));
    for (const { channels } of chosen) channels.clear();
    return chosen.length;
  }

  stall(): void {
    this.#stalled ??= [];
  }

  goOn(): void {
    const waiting = this.#stalled ?? [];
    this.#stalled = null;
    for (const run of waiting) this.#scheduler.after(0, run);
  }

  #execute(backend: RedisBackend, [name = '', ...args]: readonly string[]): Reply {
    switch (name) {
      case 'SUBSCRIBE':
        for (const channel of args) backend.channels.add(channel);
        return null;
      case 'UNSUBSCRIBE':
        for (const channel of args) backend.channels.delete(channel);
        return null;
      case 'PUBLISH': {
        const [channel = '', text = ''] = args;
        const listeners = [...this.#backends].filter(({ channels }) => channels.has(channel));
        for (const listener of listeners) listener.onMessage(channel, text);
        return listeners.length;
      }
      default:
        return this.model.execute([name, ...args]);
    }
  }
}
