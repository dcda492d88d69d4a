import { argument, type Command, integer, type Keyspace } from './keyspace.ts';
import { OK, RedisError, type Reply } from './reply.ts';
import { compareIds, Stream, type StreamEntry } from './stream.ts';

const replyOf = ({ id, fields }: StreamEntry): Reply => [id, [...fields]];

function add(keys: Keyspace, args: readonly string[]): Reply {
  const key = argument(args, 0);
  // The product trims roughly, which Redis may do at any later time: here never.
  const place = args.findIndex((one, index) => index > 0 && (one === '*' || /^\d+-\d+$/.test(one)));
  const stream = keys.get('stream', key) ?? new Stream();
  const asked = argument(args, place);
  const id = asked === '*' ? stream.nextId(Math.floor(keys.now())) : asked;
  if (compareIds(id, stream.lastId) <= 0)
    throw new RedisError('ERR The ID specified in XADD is equal or smaller than the target stream top item');
  stream.add(id, args.slice(place + 1));
  keys.put('stream', key, stream);
  return id;
}

function groupOf(keys: Keyspace, key: string, name: string) {
  const stream = keys.get('stream', key);
  const group = stream?.groups.get(name);
  if (stream === undefined || group === undefined)
    throw new RedisError(`NOGROUP No such key '${key}' or consumer group '${name}'`);
  return { stream, group };
}

function createGroup(keys: Keyspace, args: readonly string[]): Reply {
  const [action, key, name, id] = [0, 1, 2, 3].map((place) => argument(args, place)) as [
    string,
    string,
    string,
    string,
  ];
  if (action.toUpperCase() !== 'CREATE') throw new RedisError('ERR the model knows only XGROUP CREATE');
  const known = keys.get('stream', key);
  if (known === undefined && args[4]?.toUpperCase() !== 'MKSTREAM')
    throw new RedisError('ERR The XGROUP subcommand requires the key to exist');
  const stream = known ?? new Stream();
  keys.put('stream', key, stream);
  if (stream.groups.has(name)) throw new RedisError('BUSYGROUP Consumer Group name already exists');
  stream.groups.set(name, { lastId: id === '0' ? '0-0' : id === '$' ? stream.lastId : id, pending: new Map() });
  return OK;
}

/** Gives a consumer the entries of one stream that nobody of the group has read. */
function readGroup(keys: Keyspace, args: readonly string[]): Reply {
  const [name, consumer] = [argument(args, 1), argument(args, 2)];
  const countAt = args.findIndex((one) => one.toUpperCase() === 'COUNT');
  const count = countAt < 0 ? Number.POSITIVE_INFINITY : integer(argument(args, countAt + 1));
  const streamsAt = args.findIndex((one) => one.toUpperCase() === 'STREAMS');
  const key = argument(args, streamsAt + 1);
  if (argument(args, streamsAt + 2) !== '>') throw new RedisError('ERR the model only reads what is new');
  const { stream, group } = groupOf(keys, key, name);
  const entries = stream.after(group.lastId).slice(0, count);
  for (const { id } of entries) {
    group.lastId = id;
    group.pending.set(id, { consumer, givenAtMs: keys.now() });
  }
  return entries.length === 0 ? null : [[key, entries.map(replyOf)]];
}

/** Gives a consumer what others of its group were given and have not acknowledged for long enough. */
function claim(keys: Keyspace, args: readonly string[]): Reply {
  const [key, name, consumer] = [argument(args, 0), argument(args, 1), argument(args, 2)];
  const idleMs = integer(argument(args, 3));
  const { stream, group } = groupOf(keys, key, name);
  const claimed: Reply[] = [];
  for (const id of args.slice(4)) {
    const [pending, entry] = [group.pending.get(id), stream.find(id)];
    if (pending === undefined || keys.now() - pending.givenAtMs < idleMs) continue;
    if (entry === undefined) group.pending.delete(id);
    else {
      group.pending.set(id, { consumer, givenAtMs: keys.now() });
      claimed.push(replyOf(entry));
    }
  }
  return claimed;
}

/** Streams, as far as the product uses them. */
export const STREAM_COMMANDS: Readonly<Record<string, Command>> = {
  XADD: add,
  XGROUP: createGroup,
  XREADGROUP: readGroup,
  XCLAIM: claim,
  XLEN: (keys, args) => keys.get('stream', argument(args, 0))?.entries.length ?? 0,
  XRANGE: (keys, args) =>
    (keys.get('stream', argument(args, 0))?.range(argument(args, 1), argument(args, 2)) ?? []).map(replyOf),
  XDEL: (keys, args) => keys.get('stream', argument(args, 0))?.remove(args.slice(1)) ?? 0,
  XACK: (keys, args) => {
    const group = keys.get('stream', argument(args, 0))?.groups.get(argument(args, 1));
    return args.slice(2).filter((id) => group?.pending.delete(id) === true).length;
  },
  XPENDING: (keys, args) => {
    const { group } = groupOf(keys, argument(args, 0), argument(args, 1));
    const [from, to, count] = [argument(args, 2), argument(args, 3), integer(argument(args, 4))];
    return [...group.pending]
      .filter(([id]) => (from === '-' || compareIds(id, from) >= 0) && (to === '+' || compareIds(id, to) <= 0))
      .sort(([a], [b]) => compareIds(a, b))
      .slice(0, count)
      .map(([id, { consumer, givenAtMs }]) => [id, consumer, Math.floor(keys.now() - givenAtMs), 1]);
  },
};
