import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { FaultProxy, Random } from '@parley/load-test';
import { type ChannelId, makeUuid } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { RedisLink } from '../storage/redis.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { TestRedis } from '../testing/test-redis.ts';
import { waitFor } from '../testing/wait-for.ts';
import { describeBus } from './bus.contract.ts';
import type { BusPayload, Topic } from './bus.ts';
import { RedisBus } from './redis-bus.ts';

let redis: TestRedis;
const buses: RedisBus[] = [];

beforeAll(async () => {
  redis = await TestRedis.start();
});
afterEach(async () => {
  await Promise.all(buses.splice(0).map((bus) => bus.close()));
});
afterAll(() => redis.stop());

let names = 0;

interface Ear {
  readonly bus: RedisBus;
  readonly heard: BusPayload[];
  readonly losses: () => number;
  readonly lags: number[];
}

async function open(prefix?: string): Promise<Ear> {
  names += 1;
  const nodeName = `node-${names}`;
  const ear = listenOn(await redis.link(prefix), nodeName);
  await waitFor('the bus listens', () => ear.bus.isListening);
  return ear;
}

const linkOptions = { clock: systemClock, random: Math.random, onError: () => {} };

function listenOn(link: RedisLink, nodeName: string): Ear {
  const lags: number[] = [];
  const bus = new RedisBus({ link, nodeName, onError: () => {}, onLag: (lagMs) => void lags.push(lagMs) });
  buses.push(bus);
  const heard: BusPayload[] = [];
  let losses = 0;
  bus.onPayload = (payload) => void heard.push(payload);
  bus.onLoss = () => {
    losses += 1;
  };
  return { bus, heard, losses: () => losses, lags };
}

/** A way to Redis on which connections that listen can be made to hear nothing while they stay open. */
async function startDeafeningProxy(port: number) {
  const sockets = new Set<Socket>();
  let deafen: (() => void)[] = [];
  const server = createServer((incoming) => {
    const outgoing = connect(port, '127.0.0.1');
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        incoming.destroy();
        outgoing.destroy();
      });
    }
    incoming.on('data', (bytes: Buffer) => {
      if (/subscribe/i.test(bytes.toString())) deafen.push(() => outgoing.removeAllListeners('data').resume());
      outgoing.write(bytes);
    });
    outgoing.on('data', (bytes: Buffer) => void incoming.write(bytes));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deafen() {
      for (const one of deafen) one();
      deafen = [];
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

const channelId = makeUuid() as ChannelId;
const topic = `channel:${channelId}` as const;

/** Says something until the other hears it. */
async function untilHeard(from: Ear, to: Ear): Promise<void> {
  to.heard.splice(0);
  await waitFor('the other node hears', () => {
    from.bus.publish(topic, { kind: 'top', channelId, rev: 1 });
    return to.heard.length > 0;
  });
}

describeBus('redis', async () => (await open()).bus);

describe('the bus between nodes', () => {
  test('[CLU1] other nodes hear each payload once, in order, and only where they listen', async () => {
    const [one, two, three] = await Promise.all([open('a:'), open('a:'), open('a:')]);
    const foreign = await open('b:');
    for (const ear of [one, two, foreign]) ear.bus.subscribe(topic);
    await Promise.all([one, two, foreign].map((ear) => ear.bus.whenListening()));
    for (let rev = 1; rev <= 500; rev++) one.bus.publish(topic, { kind: 'top', channelId, rev });
    one.bus.publish('nodes', { kind: 'node', topic: 'end', payload: null });
    await waitFor('all is heard', () => two.heard.length > 500 && three.heard.length > 0);
    const revs = Array.from({ length: 500 }, (_, index) => index + 1);
    for (const ear of [one, two]) expect(ear.heard.flatMap((it) => (it.kind === 'top' ? [it.rev] : []))).toEqual(revs);
    expect(three.heard.map((it) => it.kind)).toEqual(['node']);
    expect(foreign.heard).toEqual([]);
  });

  test('[MET7] how late a payload comes is told where it is heard, once for what was published together', async () => {
    const [one, two] = await Promise.all([open('lag:'), open('lag:')]);
    for (const ear of [one, two]) ear.bus.subscribe(topic);
    await Promise.all([one, two].map((ear) => ear.bus.whenListening()));
    for (let rev = 1; rev <= 20; rev++) one.bus.publish(topic, { kind: 'top', channelId, rev });
    await waitFor('all is heard', () => two.heard.length === 20);
    expect(two.lags).toHaveLength(1);
    expect(two.lags[0]).toBeGreaterThanOrEqual(0);
    expect(one.lags).toEqual([]);
    await redis.ask('PUBLISH', `lag:${topic}`, `older\n[{"kind":"top","channelId":"${channelId}","rev":21}]`);
    await waitFor('a node that does not say when is heard', () => two.heard.length === 21);
    expect(two.lags).toHaveLength(1);
  });

  test('[CLU1] a channel that is left and joined again and again is heard in the end', async () => {
    const [one, two] = await Promise.all([open('flap:'), open('flap:')]);
    for (let round = 0; round < 50; round++) {
      two.bus.subscribe(topic);
      if (round % 3 === 0) await two.bus.whenListening();
      two.bus.unsubscribe(topic);
      if (round % 5 === 0) await Promise.resolve();
    }
    two.bus.subscribe(topic);
    await two.bus.whenListening();
    one.bus.publish(topic, { kind: 'top', channelId, rev: 7 });
    await waitFor('it is heard', () => two.heard.length > 0);
    expect(two.heard).toEqual([{ kind: 'top', channelId, rev: 7 }]);
  });

  test('[CLU1] a channel counts as heard when Redis has confirmed it, however many are asked for after it', async () => {
    // No time passes: nobody is let go for being late.
    const link = await RedisLink.connect({ ...linkOptions, clock: new FakeClock(), url: redis.url, prefix: 'many:' });
    const one = listenOn(link, 'one');
    await waitFor('the bus listens', () => one.bus.isListening);
    one.bus.subscribe(topic);
    let isHeard = false;
    const first = one.bus.whenListening().then(() => {
      isHeard = true;
    });
    const givenUpAt = performance.now() + 10_000;
    for (let later = 0; !isHeard && performance.now() < givenUpAt; later++) {
      one.bus.subscribe(`user:${later}` as Topic);
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    expect(isHeard).toBe(true);
    await first;
    expect(one.losses()).toBe(0);
    link.close();
  });

  test('[CLU3] a subscriber whose connection is killed comes back, tells of the loss, and hears again', async () => {
    const [one, two] = await Promise.all([open('kill:'), open('kill:')]);
    two.bus.subscribe(topic);
    await two.bus.whenListening();
    await redis.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await waitFor('the loss is told', () => two.losses() > 0);
    await untilHeard(one, two);
  });

  test('[CLU3] a connection that is open and deaf is found and made anew', async () => {
    const one = await open('deaf:');
    const proxy = await startDeafeningProxy(redis.port);
    const link = await RedisLink.connect({ ...linkOptions, url: proxy.url, prefix: 'deaf:' });
    const two = listenOn(link, 'deaf');
    await waitFor('the bus listens', () => two.bus.isListening);
    two.bus.subscribe(topic);
    await two.bus.whenListening();
    proxy.deafen();
    one.bus.publish(topic, { kind: 'top', channelId, rev: 1 });
    await waitFor('the loss is told', () => two.losses() > 0);
    await untilHeard(one, two);
    await two.bus.close();
    link.close();
    await proxy.close();
  });

  test('[CLU4] without Redis its own node still hears, nothing throws, and the others learn of the loss', async () => {
    const own = await TestRedis.start();
    const link = () => RedisLink.connect({ ...linkOptions, url: own.url, prefix: 'away:' });
    const links = [await link(), await link()] as const;
    const [one, two] = [listenOn(links[0], 'away-1'), listenOn(links[1], 'away-2')];
    await waitFor('both listen', () => one.bus.isListening && two.bus.isListening);
    for (const ear of [one, two]) ear.bus.subscribe(topic);
    await own.kill();
    await waitFor('it is noticed', () => !one.bus.isListening);
    one.bus.publish(topic, { kind: 'top', channelId, rev: 5 });
    expect(one.heard).toEqual([{ kind: 'top', channelId, rev: 5 }]);
    await one.bus.whenListening();
    await own.start();
    await waitFor('the loss is told on both', () => one.losses() > 0 && two.losses() > 0);
    await untilHeard(one, two);
    for (const each of links) each.close();
    await own.stop();
  });

  test('[CLU4] what a node said to another Redis than the rest is told as a loss once it is back', async () => {
    const other = await TestRedis.start();
    const proxy = await FaultProxy.listen({ host: '127.0.0.1', port: redis.port }, new Random(1n));
    const url = `redis://127.0.0.1:${proxy.port}`;
    const link = await RedisLink.connect({ ...linkOptions, url, prefix: 'two:' });
    const [strayed, rest] = [listenOn(link, 'strayed'), await open('two:')];
    await waitFor('the bus listens', () => strayed.bus.isListening);
    const goTo = async ({ port }: TestRedis) => {
      const before = strayed.losses();
      proxy.aim({ host: '127.0.0.1', port });
      proxy.cut();
      await waitFor('it listens again', () => strayed.losses() > before && strayed.bus.isListening && link.isReady);
    };
    const there = listenOn(await other.link('two:'), 'there');
    there.bus.subscribe(topic);
    await waitFor('the other bus listens', () => there.bus.isListening);
    await there.bus.whenListening();
    await goTo(other);
    strayed.bus.publish(topic, { kind: 'top', channelId, rev: 9 });
    await waitFor('it is heard there', () => there.heard.length > 0);
    const before = rest.losses();
    await goTo(redis);
    await waitFor('the rest learns of it', () => rest.losses() > before);
    await Promise.all([strayed, there].map(({ bus }) => bus.close()));
    link.close();
    await Promise.all([proxy.close(), other.stop()]);
  });

  test('[CLU5] what is no payload of ours is skipped', async () => {
    const ear = await open('junk:');
    for (const junk of ['', 'x', 'other\n', 'other\n{', 'other\nnull', 'other x\n[]', 'other\n[{"kind":"?"}]'])
      await redis.ask('PUBLISH', 'junk:nodes', junk);
    const other = await open('junk:');
    other.bus.publish('nodes', { kind: 'node', topic: 'end', payload: null });
    await waitFor('the end is heard', () => ear.heard.some((it) => it.kind === 'node'));
  });
});
