import { argument, type Command, integer, type Keyspace } from './keyspace.ts';
import { OK, RedisError, type Reply } from './reply.ts';

const formatScore = (score: number): string =>
  score === Number.POSITIVE_INFINITY ? 'inf' : score === Number.NEGATIVE_INFINITY ? '-inf' : String(score);

function set(keys: Keyspace, args: readonly string[]): Reply {
  const [key, value] = [argument(args, 0), argument(args, 1)];
  const options = args.slice(2).map((option) => option.toUpperCase());
  const isThere = keys.has(key);
  if ((options.includes('NX') && isThere) || (options.includes('XX') && !isThere)) return null;
  keys.remove(key);
  keys.put('string', key, value);
  const place = options.indexOf('PX');
  if (place >= 0) {
    const ms = integer(argument(args, place + 3));
    if (ms <= 0) throw new RedisError("ERR invalid expire time in 'set' command");
    keys.expireAt(key, keys.now() + ms);
  }
  return OK;
}

/** Reads a bound of a range of scores: `-inf`, `5`, `(5`. */
function isWithin(score: number, low: string, high: string): boolean {
  const bound = (text: string) => {
    const isOpen = text.startsWith('(');
    const digits = isOpen ? text.slice(1) : text;
    const value =
      digits === '-inf' ? Number.NEGATIVE_INFINITY : digits === '+inf' || digits === 'inf' ? Infinity : Number(digits);
    if (Number.isNaN(value)) throw new RedisError('ERR min or max is not a float');
    return { value, isOpen };
  };
  const [from, to] = [bound(low), bound(high)];
  return (from.isOpen ? score > from.value : score >= from.value) && (to.isOpen ? score < to.value : score <= to.value);
}

function byScore(zset: ReadonlyMap<string, number>): [string, number][] {
  return [...zset].sort(([one, a], [other, b]) => a - b || (one < other ? -1 : 1));
}

/** Strings, hashes and sorted sets, as far as the product uses them. */
export const PLAIN_COMMANDS: Readonly<Record<string, Command>> = {
  PING: () => 'PONG',
  TIME: (keys) => [String(Math.floor(keys.now() / 1_000)), String(Math.floor((keys.now() % 1_000) * 1_000))],
  SET: set,
  GET: (keys, args) => keys.get('string', argument(args, 0)) ?? null,
  DEL: (keys, args) => args.filter((key) => keys.remove(key)).length,
  EXISTS: (keys, args) => args.filter((key) => keys.has(key)).length,
  PEXPIRE: (keys, args) => {
    const key = argument(args, 0);
    if (!keys.has(key)) return 0;
    keys.expireAt(key, keys.now() + integer(argument(args, 1)));
    return 1;
  },
  HSET: (keys, args) => {
    const key = argument(args, 0);
    const hash = keys.get('hash', key) ?? new Map<string, string>();
    const before = hash.size;
    for (let place = 1; place < args.length; place += 2) hash.set(argument(args, place), argument(args, place + 1));
    keys.put('hash', key, hash);
    return hash.size - before;
  },
  HDEL: (keys, args) => {
    const key = argument(args, 0);
    const hash = keys.get('hash', key);
    if (hash === undefined) return 0;
    const count = args.slice(1).filter((field) => hash.delete(field)).length;
    keys.dropIfEmpty(key, hash.size);
    return count;
  },
  HMGET: (keys, args) => {
    const hash = keys.get('hash', argument(args, 0));
    return args.slice(1).map((field) => hash?.get(field) ?? null);
  },
  HKEYS: (keys, args) => [...(keys.get('hash', argument(args, 0))?.keys() ?? [])],
  ZADD: (keys, args) => {
    const key = argument(args, 0);
    const zset = keys.get('zset', key) ?? new Map<string, number>();
    const before = zset.size;
    for (let place = 1; place < args.length; place += 2)
      zset.set(argument(args, place + 1), Number(argument(args, place)));
    keys.put('zset', key, zset);
    return zset.size - before;
  },
  ZREM: (keys, args) => {
    const key = argument(args, 0);
    const zset = keys.get('zset', key);
    if (zset === undefined) return 0;
    const count = args.slice(1).filter((member) => zset.delete(member)).length;
    keys.dropIfEmpty(key, zset.size);
    return count;
  },
  ZSCORE: (keys, args) => {
    const score = keys.get('zset', argument(args, 0))?.get(argument(args, 1));
    return score === undefined ? null : formatScore(score);
  },
  ZRANGEBYSCORE: (keys, args) => {
    const zset = keys.get('zset', argument(args, 0)) ?? new Map<string, number>();
    const [low, high] = [argument(args, 1), argument(args, 2)];
    return byScore(zset).flatMap(([member, score]) => (isWithin(score, low, high) ? [member] : []));
  },
};
