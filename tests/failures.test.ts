import { FaultProxy, type LinkFaults, Random } from '@parley/load-test';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealCluster, startRealCluster } from '../packages/server/src/testing/real-cluster.ts';
import { serverProcess } from '../packages/server/src/testing/server-process.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';
import { runRolling } from '../proof/rolling/rolling.ts';
import { Talk } from './support/talk.ts';

/** How long each failure lasts; `npm run test:failures` makes it longer than what clients and queues wait for. */
const LASTS_MS = Number(process.env.PARLEY_FAILURE_MS ?? 1_500);

/** What takes long on a busy machine, run by `npm run test:failures` only. */
const slow = (name: string, run: () => Promise<void>): void => {
  if (process.env.PARLEY_FAILURE_MS !== undefined) test(name, run);
};

let cluster: RealCluster;
let talk: Talk;
/** Ways that can be made faulty: from the first node to PostgreSQL and to Redis, and from all clients to the balancer. */
const ways: { toPostgres?: FaultProxy; toRedis?: FaultProxy; door?: FaultProxy } = {};
const random = new Random(1n);

beforeAll(async () => {
  cluster = await startRealCluster({
    env: { PARLEY_SIGN_UP: 'open', PARLEY_HEARTBEAT_INTERVAL_MS: '1500', PARLEY_DRAIN_NOTICE_MS: '1000' },
    async envOf(index, { postgres, redis }) {
      if (index > 0) return {};
      const { host, port, user, database } = postgres.config;
      ways.toPostgres = await FaultProxy.listen({ path: `${host}/.s.PGSQL.${port}` }, random.fork('postgres'));
      ways.toRedis = await FaultProxy.listen({ host: '127.0.0.1', port: redis.port }, random.fork('redis'));
      return {
        DATABASE_URL: `postgresql://${user}@127.0.0.1:${ways.toPostgres.port}/${database}`,
        REDIS_URL: `redis://127.0.0.1:${ways.toRedis.port}`,
      };
    },
  });
  ways.door = await FaultProxy.listen({ host: '127.0.0.1', port: cluster.balancer.port }, random.fork('door'));
  const ownerToken = () => cluster.ownerToken();
  talk = await Talk.begin({ url: `http://127.0.0.1:${ways.door.port}`, ownerToken }, ['Ada', 'Bob', 'Eve']);
  await talk.everybodyHearsEverybody();
});
afterAll(async () => {
  talk.close();
  await cluster.stop();
  await Promise.all(Object.values(ways).map((way) => way.close()));
});

const lasting = () => new Promise((resolve) => setTimeout(resolve, LASTS_MS));
const node = (index: number) => {
  const found = cluster.nodes[index];
  if (found === undefined) throw new Error(`there is no node ${index}`);
  return found;
};

/** After it all must be as before, by itself. */
async function allIsWell(): Promise<void> {
  await talk.everybodyIsAnswered();
  await talk.everybodyHearsEverybody();
  expect(talk.refused).toEqual([]);
}

/** While Redis is away or unwell, messages are stored and acknowledged all the same. */
async function withoutRedis(hurt: () => unknown, mend: () => unknown): Promise<void> {
  await hurt();
  await Promise.all([talk.everybodyIsAnswered(), lasting()]);
  await mend();
  await allIsWell();
}

/** While PostgreSQL is away sends wait, and are stored once it is back. */
async function withoutPostgres(hurt: () => unknown, mend: () => unknown): Promise<void> {
  await hurt();
  await lasting();
  await mend();
  await allIsWell();
}

/** Whatever is wrong with a way, all is well once it is healed. */
async function onWay(way: keyof typeof ways, faults: LinkFaults): Promise<void> {
  ways[way]?.set(faults);
  await lasting();
  ways[way]?.heal();
  await allIsWell();
}

/** Connections that stay, and on which nothing comes through. */
const HALF_OPEN: LinkFaults = { swallow: ['up', 'down'] };

test('[FAIL1] Redis is killed, and comes back empty', () =>
  withoutRedis(
    () => cluster.redis.kill(),
    () => cluster.redis.start(),
  ));

test('[FAIL1] Redis hangs', () =>
  withoutRedis(
    () => cluster.redis.signal('SIGSTOP'),
    () => cluster.redis.signal('SIGCONT'),
  ));

slow('[FAIL1] Redis loses all it has', () => withoutRedis(() => cluster.redis.ask('FLUSHALL'), lasting));

slow('[FAIL1] Redis is full', () =>
  withoutRedis(
    () => cluster.redis.ask('CONFIG', 'SET', 'maxmemory', '1'),
    () => cluster.redis.ask('CONFIG', 'SET', 'maxmemory', '0'),
  ),
);

slow('[FAIL1] one node’s connections to Redis are half open', () => onWay('toRedis', HALF_OPEN));

test('[FAIL1] Redis is away when a node starts: it does not start, and says why', async () => {
  const late = await serverProcess(cluster.postgres.url, { REDIS_URL: 'redis://127.0.0.1:1' });
  await expect(late.start()).rejects.toThrow(/unable to use Redis[\s\S]*Start Redis or correct REDIS_URL/);
});

test('[FAIL2] PostgreSQL is killed, and recovers', () =>
  withoutPostgres(
    () => cluster.postgres.kill(),
    () => cluster.postgres.start(),
  ));

test('[FAIL2] PostgreSQL hangs', () =>
  withoutPostgres(
    () => cluster.postgres.pause(),
    () => cluster.postgres.resume(),
  ));

test('[FAIL2] the answers to commits are lost', () => onWay('toPostgres', { swallow: ['down'] }));

slow('[FAIL2] one node’s connections to PostgreSQL are half open', () => onWay('toPostgres', HALF_OPEN));

slow('[FAIL2] one node does not reach PostgreSQL: others write what it was sent', async () => {
  ways.toPostgres?.set({ refuse: true });
  ways.toPostgres?.cut();
  await talk.everybodyIsAnswered();
  await lasting();
  ways.toPostgres?.heal();
  await allIsWell();
});

slow('[FAIL2] PostgreSQL takes no writes', () => {
  const readOnly = async (value: 'on' | 'off') => {
    await cluster.postgres.ask(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await cluster.postgres.ask('SELECT pg_reload_conf()');
  };
  return withoutPostgres(
    () => readOnly('on'),
    () => readOnly('off'),
  );
});

slow('[FAIL2] PostgreSQL has no connection left', () => {
  const greedy: pg.Client[] = [];
  const fill = async (): Promise<void> => {
    // Those of the nodes go; whoever comes first takes their places.
    await cluster.postgres.ask(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parley'`,
    );
    for (;;) {
      const client = new pg.Client(cluster.postgres.config);
      client.on('error', () => {});
      const isIn = await client.connect().then(
        () => true,
        () => false,
      );
      if (!isIn) return;
      greedy.push(client);
    }
  };
  return withoutPostgres(fill, () => Promise.all(greedy.map((client) => client.end())));
});

test('[FAIL3] a node is killed: its clients go on with the others', async () => {
  await node(1).kill();
  await talk.everybodyIsAnswered();
  await talk.everybodyHearsEverybody();
  await node(1).start();
  await allIsWell();
});

slow('[FAIL3] a node hangs: its clients notice, and go on with the others', async () => {
  node(2).signal('SIGSTOP');
  await waitFor('nobody is sent there', () => !cluster.balancer.ready.has(node(2).port));
  await talk.everybodyIsAnswered();
  await talk.everybodyHearsEverybody();
  node(2).signal('SIGCONT');
  await allIsWell();
});

slow('[FAIL3] clients whose connections are half open notice, and come back', () => onWay('door', HALF_OPEN));

test('[FAIL4] all nodes are restarted in turn in traffic: nothing is lost, doubled or refused', async () => {
  const report = await runRolling(cluster, { perSecond: 40, devices: 4, rounds: 1 });
  expect(report).toMatchObject({ story: '', lost: 0, doubled: 0, refused: [], wrong: 0, restarts: 3 });
  expect(report.acknowledged).toBe(report.sent);
  expect(report.sent).toBeGreaterThan(0);
});

slow(
  '[FAIL4] all nodes are restarted in turn: nobody is refused, nobody loses a socket before he has the next',
  async () => {
    const before = talk.talkers.map(({ losses }) => losses.length);
    for (const one of cluster.nodes) {
      await one.stop();
      await one.start();
      await waitFor('it gets its share again', () => cluster.balancer.ready.has(one.port));
    }
    await allIsWell();
    const losses = talk.talkers.flatMap((talker, index) => talker.losses.slice(before[index]));
    expect(losses.length).toBeGreaterThan(0);
    expect(losses.filter((reason) => reason !== 'the server drains')).toEqual([]);
  },
);

test('[FAIL5] after all of it nothing was lost, doubled, refused or put out of order', async () => {
  await talk.end();
  expect(talk.refused).toEqual([]);
});
