import { EventEmitter } from 'node:events';
import type { Random } from '@parley/load-test';
import { BasicCommandParser } from '@redis/client/dist/lib/client/parser.js';
import commands from '@redis/client/dist/lib/commands/index.js';
import type { Timer } from '../../src/lib/clock.ts';
import type { RedisClient } from '../../src/storage/redis-client.ts';
import type { NodeClock } from '../node-clock.ts';
import type { Tally } from '../tally.ts';
import type { RedisBackend, RedisServer } from './redis-server.ts';
import { RedisError, type Reply } from './reply.ts';

/** As `openClient` has it. */
const CONNECT_TIMEOUT_MS = 5_000;
const SILENCE_MS = 15_000;

/** How one node's way to Redis is at the moment; all of its connections share it. */
export class RedisWay {
  outage: 'refuse' | 'swallow' | null = null;
  /** Commands are carried out and their answers lost with the connection. */
  losesAnswers = false;
  lowMs = 0.05;
  highMs = 0.4;
}

export interface RedisClientWorld {
  readonly server: RedisServer;
  readonly way: RedisWay;
  readonly clock: NodeClock;
  readonly random: Random;
  readonly effects: Tally;
}

type Reconnect = false | ((retries: number) => number);
type Listener = (text: string, channel: string) => void;

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  /** Gives the connection up when the answer does not come. */
  readonly silence: Timer;
}

/**
 * A connection with the manners of a client of `@redis/client`: commands that fail at once while it is away, a new try after
 * a while or none. How commands are written and answers are read is that library's own.
 */
class SimRedisConnection extends EventEmitter {
  readonly #world: RedisClientWorld;
  readonly #reconnect: Reconnect;
  readonly #listeners = new Map<string, Listener>();
  readonly #waiting = new Set<Waiting>();
  #backend: RedisBackend | null = null;
  #lastMs = { up: 0, down: 0 };
  isOpen = false;

  constructor(world: RedisClientWorld, reconnect: Reconnect) {
    super();
    this.#world = world;
    this.#reconnect = reconnect;
  }

  get isReady(): boolean {
    return this.#backend !== null;
  }

  async connect(): Promise<this> {
    this.isOpen = true;
    await this.#tryUntilConnected();
    return this;
  }

  destroy(): void {
    this.isOpen = false;
    this.#drop(new Error('The client is closed'));
    this.emit('end');
  }

  send(args: readonly string[]): Promise<Reply> {
    const { clock, server, way, effects } = this.#world;
    const backend = this.#backend;
    if (backend === null) return Promise.reject(new Error('The client is offline'));
    return new Promise((resolve, reject) => {
      const silence = clock.setTimeout(() => this.#lose('Socket timeout'), SILENCE_MS);
      const waiting = { resolve, reject, silence };
      this.#waiting.add(waiting);
      this.#travel('up', () => {
        if (way.outage === 'swallow') return effects.add('redis command lost');
        server.take(backend, args, (reply) => {
          if (way.losesAnswers || way.outage === 'swallow') {
            effects.add('redis reply lost');
            if (way.losesAnswers) this.#lose('read ECONNRESET');
            return;
          }
          this.#travel('down', () => {
            if (!this.#waiting.delete(waiting)) return;
            silence.cancel();
            if (reply instanceof RedisError) reject(reply);
            else resolve(reply);
          });
        });
      });
    });
  }

  async subscribe(channels: string | readonly string[], listener: Listener): Promise<void> {
    const list = [channels].flat();
    for (const channel of list) this.#listeners.set(channel, listener);
    await this.send(['SUBSCRIBE', ...list]);
  }

  async unsubscribe(channels: string | readonly string[]): Promise<void> {
    const list = [channels].flat();
    for (const channel of list) this.#listeners.delete(channel);
    await this.send(['UNSUBSCRIBE', ...list]);
  }

  async #tryUntilConnected(): Promise<void> {
    for (let retries = 0; this.isOpen; retries++) {
      const failure = await this.#tryOnce();
      if (failure === null || !this.isOpen) return;
      if (this.#reconnect === false) {
        this.isOpen = false;
        throw failure;
      }
      this.emit('error', failure);
      const waitMs = this.#reconnect(retries);
      await new Promise<void>((resolve) => void this.#world.clock.setTimeout(resolve, waitMs));
    }
  }

  #tryOnce(): Promise<Error | null> {
    const { clock, way, server } = this.#world;
    return new Promise((resolve) => {
      clock.setTimeout(() => resolve(new Error('Connection timeout')), CONNECT_TIMEOUT_MS);
      clock.setTimeout(() => {
        if (way.outage === 'swallow') return;
        if (way.outage === 'refuse' || server.isDown) return resolve(new Error('connect ECONNREFUSED'));
        if (!this.isOpen) return resolve(null);
        const backend = server.connect({
          onEnd: () => this.#lose('Socket closed unexpectedly'),
          onMessage: (channel, text) => {
            if (way.outage === 'swallow') this.#world.effects.add('payload lost');
            else this.#travel('down', () => this.#hear(backend, channel, text));
          },
        });
        this.#backend = backend;
        resolve(null);
      }, this.#hopMs() * 3);
    });
  }

  #hear(backend: RedisBackend, channel: string, text: string): void {
    if (this.#backend === backend) this.#listeners.get(channel)?.(text, channel);
  }

  /** The connection has broken by itself. */
  #lose(reason: string): void {
    if (!this.isOpen || this.#backend === null) return;
    const failure = new Error(reason);
    this.#drop(failure);
    this.emit('error', failure);
    if (this.#reconnect !== false) {
      void this.#tryUntilConnected();
      return;
    }
    this.isOpen = false;
    this.emit('end');
  }

  #drop(failure: Error): void {
    const backend = this.#backend;
    this.#backend = null;
    if (backend !== null) this.#world.server.disconnect(backend);
    for (const { reject, silence } of this.#waiting) {
      silence.cancel();
      reject(failure);
    }
    this.#waiting.clear();
  }

  /** Both directions keep their order. */
  #travel(direction: 'up' | 'down', arrive: () => void): void {
    const { clock } = this.#world;
    const backend = this.#backend;
    const now = clock.monotonic();
    this.#lastMs[direction] = Math.max(this.#lastMs[direction], now + this.#hopMs());
    clock.setTimeout(() => {
      if (this.#backend === backend) arrive();
    }, this.#lastMs[direction] - now);
  }

  #hopMs(): number {
    const { way, random } = this.#world;
    return random.between(way.lowMs, way.highMs);
  }
}

/** The part of the library's description of a command that is used here. */
interface Definition {
  parseCommand(parser: BasicCommandParser, ...args: unknown[]): void;
  readonly transformReply?: unknown;
}

type Definitions = Readonly<Record<string, Definition>>;

/** A CommonJS module, whose default export comes as a property of what is imported, or as itself: loaders differ. */
const LOADED = commands as unknown as Definitions & { readonly default?: Definitions };
const DEFINITIONS: Definitions = LOADED.default ?? LOADED;

/** Opens a client as the product knows it. */
export function openSimRedisClient(world: RedisClientWorld, reconnect: Reconnect): RedisClient {
  const connection = new SimRedisConnection(world, reconnect);
  return new Proxy(connection, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name, target);
      if (own !== undefined) return typeof own === 'function' ? (own.bind(target) as unknown) : own;
      const definition = DEFINITIONS[String(name)];
      if (definition === undefined) return undefined;
      return (...args: unknown[]) => ask(target, definition, args);
    },
  }) as unknown as RedisClient;
}

async function ask(connection: SimRedisConnection, definition: Definition, args: unknown[]): Promise<unknown> {
  const parser = new BasicCommandParser();
  definition.parseCommand(parser, ...args);
  const reply = await connection.send(parser.redisArgs.map(String));
  const transform = transformOf(definition.transformReply);
  return transform === undefined ? reply : transform(reply, parser.preserve);
}

type Transform = (reply: Reply, preserve: unknown) => unknown;

function transformOf(found: unknown): Transform | undefined {
  if (typeof found === 'function') return found as Transform;
  return (found as { readonly 2?: Transform } | undefined)?.[2];
}
