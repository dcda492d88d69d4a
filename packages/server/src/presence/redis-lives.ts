import type { UserId } from '@parley/protocol';
import type { RedisLink } from '../storage/redis.ts';
import { LIVES_SCRIPT } from './lives-script.ts';
import { combine, type DeviceState } from './presence.ts';
import { LEASE_MS } from './presence-store.ts';

/** Nobody waits longer for Redis than this; a write that was not answered counts as failed. */
const ANSWER_TIMEOUT_MS = 1_000;
/** Users named by one command. */
const CHUNK = 1_000;
/** What a life holds goes by itself some time after it, should no node be left to take it away. */
const LEFTOVER_MS = 600_000;

/** Which lives there are; `holds`: that of who asked is among them. */
export interface Lives {
  readonly holds: boolean;
  readonly present: readonly string[];
  readonly ended: readonly string[];
}

/**
 * What Redis holds of presence: one hash with the users of each node's life, about 100 bytes per user, and one sorted set of
 * how long each life holds. What is asked of Redis, and nothing of what it means.
 */
export class RedisLives {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  look(life = ''): Promise<Lives> {
    return this.#runScript(life, '', '');
  }

  /** Lets a life hold for another lease; with `isNew` also one that is not there. */
  prolong(life: string, isNew = false): Promise<Lives> {
    return this.#runScript(life, isNew ? '1' : '0', String(LEASE_MS));
  }

  async put(life: string, states: ReadonlyMap<UserId, DeviceState | null>): Promise<void> {
    const { client } = this.#link;
    const key = this.#usersKey(life);
    const gone = [...states].flatMap(([userId, state]) => (state === null ? [userId] : []));
    const here = [...states].flatMap(([userId, state]) => (state === null ? [] : [[userId, codeOf(state)] as const]));
    for (const part of chunks(gone)) await this.#inTime(client.hDel(key, part));
    for (const part of chunks(here)) await this.#inTime(client.hSet(key, Object.fromEntries(part)));
    await this.keep(life);
  }

  /** What a life holds goes by itself when it was not kept for long. */
  async keep(life: string): Promise<void> {
    await this.#inTime(this.#link.client.pExpire(this.#usersKey(life), LEFTOVER_MS));
  }

  /** What the devices of users come to over some lives, in the users' order. */
  async statesIn(lives: readonly string[], userIds: readonly UserId[]): Promise<(DeviceState | null)[]> {
    if (userIds.length === 0) return [];
    const { client } = this.#link;
    const codes = await this.#inTime(
      Promise.all(lives.map((life) => client.hmGet(this.#usersKey(life), [...userIds]))),
    );
    return userIds.map((_, index) => combine(codes.flatMap((life) => stateOf(life[index]))));
  }

  async usersOf(life: string): Promise<UserId[]> {
    return (await this.#inTime(this.#link.client.hKeys(this.#usersKey(life)))) as UserId[];
  }

  async remove(life: string): Promise<void> {
    const { client } = this.#link;
    await this.#inTime(Promise.all([client.zRem(this.#livesKey, life), client.del(this.#usersKey(life))]));
  }

  async #runScript(life: string, isNew: string, leaseMs: string): Promise<Lives> {
    const reply = await this.#inTime(this.#link.run(LIVES_SCRIPT, this.#livesKey, [life, leaseMs, isNew]));
    const [holds, present, ended] = reply as [number, string[], string[]];
    return { holds: holds === 1, present, ended };
  }

  #inTime<Value>(command: Promise<Value>): Promise<Value> {
    return this.#link.answer(command, ANSWER_TIMEOUT_MS);
  }

  get #livesKey(): string {
    return `${this.#link.prefix}presence:lives`;
  }

  #usersKey(life: string): string {
    return `${this.#link.prefix}presence:life:${life}`;
  }
}

function codeOf(state: DeviceState): string {
  return state === 'active' ? 'a' : 'i';
}

function stateOf(code: string | null | undefined): DeviceState[] {
  return code === 'a' ? ['active'] : code === 'i' ? ['idle'] : [];
}

function* chunks<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let start = 0; start < items.length; start += CHUNK) yield items.slice(start, start + CHUNK);
}
