import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RealCluster, startRealCluster } from '../packages/server/src/testing/real-cluster.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';
import { Talk } from './support/talk.ts';

// Real processes are killed while people talk, on a machine that may be busy with everything else.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** How long each failure lasts; `npm run test:failures` makes it longer than what clients and queues wait for. */
const LASTS_MS = Number(process.env.PARLEY_FAILURE_MS ?? 1_500);

/** What takes long on a busy machine, run by `npm run test:failures` only. */
const slow = (name: string, run: () => Promise<void>): void => {
  if (process.env.PARLEY_FAILURE_MS !== undefined) test(name, run);
};

let cluster: RealCluster;
let talk: Talk;

beforeAll(async () => {
  cluster = await startRealCluster({
    env: { PARLEY_SIGN_UP: 'open', PARLEY_HEARTBEAT_INTERVAL_MS: '1500', PARLEY_DRAIN_NOTICE_MS: '1000' },
  });
  talk = await Talk.begin(cluster, ['Ada', 'Bob', 'Eve']);
  await talk.everybodyHearsEverybody();
});
afterAll(async () => {
  talk.close();
  await cluster.stop();
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
