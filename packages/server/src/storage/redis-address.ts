import { StartError } from '../lib/start-error.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Where Redis is, as `REDIS_URL` says. */
export interface RedisAddress {
  /** One server; the primary that sentinels name; or a cluster of which some nodes are named. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly nodes: readonly HostPort[];
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** What the sentinels call the primary. */
  readonly primaryName: string;
  /** What the sentinels themselves want to be told. */
  readonly sentinelPassword: string | undefined;
}

const FORMS =
  'It reads redis://[user:password@]host[:port][/database], redis+sentinel://[user:password@]host[:port],host[:port]/name[/database] or ' +
  'redis+cluster://[user:password@]host[:port],host[:port]; rediss for TLS, valkey for redis where you like.';

const SCHEME = /^(redis|rediss|valkey|valkeys)(?:\+(sentinel|cluster))?:\/\//;

/** Reads a `REDIS_URL`; throws a `StartError` that says what is wrong with it, and never repeats its password. */
export function parseRedisUrl(url: string): RedisAddress {
  const scheme = SCHEME.exec(url);
  if (scheme === null) throw wrong('it does not begin with a scheme that is known');
  const kind = (scheme[2] ?? 'single') as RedisAddress['kind'];
  const [beforeQuery, queryText] = splitOnce(url.slice(scheme[0].length), '?');
  const [authority = '', ...path] = beforeQuery.split('/');
  const at = authority.lastIndexOf('@');
  const [username, password] = credentialsOf(at < 0 ? '' : authority.slice(0, at));
  const nodes = authority
    .slice(at + 1)
    .split(',')
    .map((text) => hostPortOf(text, kind === 'sentinel' ? 26_379 : 6_379));
  if (kind === 'single' && nodes.length > 1)
    throw wrong('it names several hosts; say +cluster or +sentinel after the scheme');
  const query = new URLSearchParams(queryText ?? '');
  for (const name of query.keys())
    if (kind !== 'sentinel' || name !== 'sentinelPassword') throw wrong('it has a parameter that is not known');
  return {
    kind,
    nodes,
    tls: scheme[1] === 'rediss' || scheme[1] === 'valkeys',
    username,
    password,
    sentinelPassword: query.get('sentinelPassword') ?? undefined,
    ...placeOf(kind, path.filter((part) => part !== '').map(decode)),
  };
}

function placeOf(kind: RedisAddress['kind'], path: readonly string[]): { primaryName: string; database: number } {
  if (kind === 'cluster') {
    if (path.length > 0) throw wrong('a cluster has no numbered databases');
    return { primaryName: '', database: 0 };
  }
  const [first, second, ...rest] = kind === 'sentinel' ? path : ['', ...path];
  if (first === undefined) throw wrong('it does not name the primary, as in redis+sentinel://host/mymaster');
  const database = second ?? '0';
  if (rest.length > 0 || !/^\d{1,5}$/.test(database)) throw wrong('the database is not a number');
  return { primaryName: first, database: Number(database) };
}

function credentialsOf(text: string): [string | undefined, string | undefined] {
  if (text === '') return [undefined, undefined];
  const [username, password] = splitOnce(text, ':');
  if (password === undefined) throw wrong('it has a name and no password before the @');
  return [username === '' ? undefined : decode(username), decode(password)];
}

function hostPortOf(text: string, defaultPort: number): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) throw wrong('a host is missing, or is not followed by a port alone');
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (port < 1 || port > 65_535) throw wrong('a port is not between 1 and 65535');
  return { host, port };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('a % in it is not followed by two hex digits');
  }
}

function splitOnce(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function wrong(reason: string): StartError {
  return new StartError({ code: 'redis_url_invalid', message: `unable to read REDIS_URL; ${reason}`, hint: FORMS });
}
