import { RedisError, wrongType } from './reply.ts';
import type { Stream } from './stream.ts';

/** What a key can hold, by its kind. */
interface Kinds {
  readonly string: string;
  readonly hash: Map<string, string>;
  readonly zset: Map<string, number>;
  readonly stream: Stream;
}

type Value = { readonly [Kind in keyof Kinds]: { readonly kind: Kind; readonly data: Kinds[Kind] } }[keyof Kinds];

/** All keys of a Redis, with when they go. */
export class Keyspace {
  readonly #values = new Map<string, Value>();
  readonly #expiries = new Map<string, number>();
  /** Milliseconds on the server's clock. */
  readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  get size(): number {
    return this.#values.size;
  }

  /** What a key holds; throws when that is of another kind. */
  get<Kind extends keyof Kinds>(kind: Kind, key: string): Kinds[Kind] | undefined {
    this.#expire(key);
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    if (value.kind !== kind) throw wrongType();
    return value.data as Kinds[Kind];
  }

  has(key: string): boolean {
    this.#expire(key);
    return this.#values.has(key);
  }

  /** Sets what a key holds; when it goes stays as it was. */
  put<Kind extends keyof Kinds>(kind: Kind, key: string, data: Kinds[Kind]): void {
    this.#values.set(key, { kind, data } as Value);
  }

  /** A collection without members is no key. */
  dropIfEmpty(key: string, size: number): void {
    if (size === 0) this.remove(key);
  }

  remove(key: string): boolean {
    this.#expire(key);
    this.#expiries.delete(key);
    return this.#values.delete(key);
  }

  /** Lets a key go at a moment; null: never. */
  expireAt(key: string, atMs: number | null): void {
    if (atMs === null) this.#expiries.delete(key);
    else this.#expiries.set(key, atMs);
    this.#expire(key);
  }

  clear(): void {
    this.#values.clear();
    this.#expiries.clear();
  }

  #expire(key: string): void {
    const atMs = this.#expiries.get(key);
    if (atMs === undefined || atMs > this.now()) return;
    this.#expiries.delete(key);
    this.#values.delete(key);
  }
}

/** A command: what comes after its name. */
export type Command = (keys: Keyspace, args: readonly string[]) => import('./reply.ts').Reply;

/** The argument at a place; throws as Redis does when there is none. */
export function argument(args: readonly string[], place: number): string {
  const value = args[place];
  if (value === undefined) throw new RedisError('ERR wrong number of arguments');
  return value;
}

export function integer(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number)) throw new RedisError('ERR value is not an integer or out of range');
  return number;
}
