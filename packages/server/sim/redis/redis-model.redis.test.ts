import { Random } from '@parley/load-test';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LIVES_SCRIPT } from '../../src/presence/lives-script.ts';
import { APPEND_SCRIPT, RELEASE_SCRIPT, TAKE_SCRIPT, WITHDRAW_SCRIPT } from '../../src/queue/stream-scripts.ts';
import { GCRA_SCRIPT } from '../../src/rate-limit/gcra-script.ts';
import { TestRedis } from '../../src/testing/test-redis.ts';
import { RedisModel } from './redis-model.ts';
import { RedisError, type Reply } from './reply.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await TestRedis.start();
});
afterAll(() => redis.stop());

/** Far longer than the test takes, so that the two clocks need not agree. */
const LONG_MS = '100000000';
const IDS = ['5-1', '5-2', '6-1', '7-1', '8-1', '9-1'];

/** A random command on few keys, as the product's rooms write them. */
function commandOf(random: Random): string[] {
  const name = random.pick(['a', 'b']);
  const member = random.pick(['x', 'y', 'z']);
  const id = random.pick(IDS);
  const score = String(random.below(5));
  const script = (text: string, key: string, ...args: string[]) => ['EVAL', text, '1', key, ...args];
  const commands: (() => string[])[] = [
    () => ['SET', `s:${name}`, member],
    () => ['SET', `s:${name}`, member, 'NX', 'PX', LONG_MS],
    () => ['GET', `s:${name}`],
    () => ['DEL', `${random.pick(['s', 'h', 'z'])}:${name}`],
    () => ['PEXPIRE', `s:${name}`, random.chance(0.2) ? '0' : LONG_MS],
    () => ['HSET', `h:${name}`, member, score, random.pick(['x', 'y']), 'two'],
    () => ['HDEL', `h:${name}`, member],
    () => ['HMGET', `h:${name}`, 'x', 'y', 'z'],
    () => ['HKEYS', `h:${name}`],
    () => ['ZADD', `z:${name}`, score, member],
    () => ['ZREM', `z:${name}`, member],
    () => ['ZSCORE', `z:${name}`, member],
    () => ['ZRANGEBYSCORE', `z:${name}`, random.pick(['-inf', '1', '(1']), random.pick(['+inf', '3', '(3'])],
    () => ['XADD', `q:${name}`, id, 'n', 'node', 'e', member],
    () => ['XLEN', `q:${name}`],
    () => ['XRANGE', `q:${name}`, id, random.pick([id, '+'])],
    () => ['XGROUP', 'CREATE', `q:${name}`, 'g', '0', ...(random.chance(0.7) ? ['MKSTREAM'] : [])],
    () => ['XREADGROUP', 'GROUP', 'g', member, 'COUNT', String(1 + random.below(3)), 'STREAMS', `q:${name}`, '>'],
    () => ['XPENDING', `q:${name}`, 'g', '-', '+', '10'],
    () => ['XCLAIM', `q:${name}`, 'g', member, '0', id, random.pick(IDS)],
    () => ['XACK', `q:${name}`, 'g', id, random.pick(IDS)],
    () => ['XDEL', `q:${name}`, id],
    () => script(APPEND_SCRIPT.text, `t:${name}`, member, ...['one', 'two'].slice(0, 1 + random.below(2))),
    () => ['EVAL', TAKE_SCRIPT.text, '2', `q:${name}`, `s:${name}`, 'g', member, LONG_MS, '2', id],
    () => ['EVAL', TAKE_SCRIPT.text, '2', `q:${name}`, `s:${name}`, 'g', member, LONG_MS, '3'],
    () => script(WITHDRAW_SCRIPT.text, `q:${name}`, 'g', id),
    () => script(RELEASE_SCRIPT.text, `s:${name}`, member),
    () => ['EVALSHA', RELEASE_SCRIPT.sha, '1', `s:${name}`, member],
    // Tokens that come back only after days: what the clocks read does not matter.
    () => script(GCRA_SCRIPT.text, `r:${name}`, '20', '10000000000', String(1 + random.below(4)), '1'),
    () => script(LIVES_SCRIPT.text, `l:${name}`, member, random.chance(0.5) ? LONG_MS : '', random.pick(['0', '1'])),
    () => ['GET', `h:${name}`],
    () => ['FLUSHALL'],
  ];
  return (random.chance(0.01) ? commands.at(-1) : random.pick(commands.slice(0, -1)))?.() ?? [];
}

/** Errors by their code; sets in one order; how long until a token is there, in whole days. */
function comparable(command: readonly string[], reply: Reply): unknown {
  if (reply instanceof Error) return `error ${/^[A-Z]+/.exec(reply.message)?.[0]}`;
  if (command[0] === 'HKEYS' && Array.isArray(reply)) return [...(reply as string[])].sort();
  // Not for how long, and how often.
  if (command[0] === 'XPENDING' && Array.isArray(reply))
    return (reply as Reply[][]).map(([id, consumer]) => [id, consumer]);
  // Named by the clock.
  if (command[1] === APPEND_SCRIPT.text && Array.isArray(reply)) return reply.length;
  // Lives that were entered within a millisecond of each other may change places.
  if (command[1] === LIVES_SCRIPT.text && Array.isArray(reply))
    return reply.map((one) => (Array.isArray(one) ? [...(one as string[])].sort() : one));
  if (command[1] === GCRA_SCRIPT.text && Array.isArray(reply)) {
    const [taken, waitMs] = reply as [number, number];
    return [taken, Math.round(waitMs / 86_400_000)];
  }
  return reply;
}

test.for([1n, 2n, 3n, 4n])('answers random commands as Redis does (seed %d)', async (seed, { skip }) => {
  const version = /redis_version:(\d+)/.exec(String(await redis.ask('INFO', 'server')))?.[1];
  skip(Number(version) < 7, 'the model forgets deleted entries when they are claimed, as Redis does from 7 on');
  const random = new Random(seed).fork('redis');
  const client = createClient({ url: redis.url, RESP: 2 });
  await client.connect();
  const model = new RedisModel(() => Date.now());
  for (const first of [['FLUSHALL'], ['SCRIPT', 'FLUSH']]) await client.sendCommand(first);
  const commands = Array.from({ length: 1_500 }, () => commandOf(random));
  // All on one connection, in one go: they are answered in their order.
  const theirs = await Promise.all(
    commands.map((command) =>
      client.sendCommand<Reply>(command).catch((error: Error) => new RedisError(error.message)),
    ),
  );
  commands.forEach((command, step) => {
    const reply = comparable(command, model.execute(command));
    expect({ step, command, reply }).toEqual({ step, command, reply: comparable(command, theirs[step] ?? null) });
  });
  client.destroy();
});
