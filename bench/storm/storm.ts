import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';
import { type RealCluster, startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { type Child, messageOf, startChild } from '../children.ts';
import { type People, seedPeople } from '../cluster/seed.ts';
import { cpuSeconds } from '../processes.ts';
import { socketOf } from '../socket-url.ts';
import type { StormFigures, StormOrder, StormRequest } from './clients.ts';

export const name = 'storm';
export const description =
  'sessions on three nodes: everybody is cut at once, then one node is killed while people talk';

const CHANNELS_EACH = 5;
/** Messages a second, each into another channel, while a node is killed. */
const TALK_PER_SECOND = 20;
/** How long all may take to hear the last that was said. */
const REST_MS = 30_000;
/** More than the clients give themselves, so that they tell what is wrong. */
const ANSWER_MS = 75_000;

/** All statements that PostgreSQL has run for the nodes. */
async function statementsOf({ postgres }: RealCluster): Promise<number> {
  const [row] = await postgres.ask<{ calls: string }>('SELECT sum(calls)::bigint AS calls FROM pg_stat_statements');
  return Number(row?.calls ?? Number.NaN);
}

/** Seconds of processor that the nodes which still run have used. */
function cpuOf({ nodes }: RealCluster): number {
  return nodes.reduce((sum, node) => sum + cpuSeconds(node.pid() ?? 0), 0);
}

function tell<Answer>(child: ChildProcess, order: StormOrder): Promise<Answer> {
  const answer = messageOf<Answer>(child, ANSWER_MS);
  child.send(order);
  return answer;
}

/** Somebody who talks in every channel in turn on a node that stays; gives what ends it. */
async function talk(url: string, people: People): Promise<() => number> {
  const sockets = new Map<number, WebSocket>();
  let acked = 0;
  let said = 0;
  const timer = setInterval(() => {
    const index = said % 50;
    said += 1;
    const body = { channelId: people.channels[index], id: makeUuid(), body: `number ${said}` };
    sockets.get(index)?.send(JSON.stringify({ t: 'message.send', ref: said, d: body }));
  }, 1_000 / TALK_PER_SECOND);
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const socket = new WebSocket(socketOf(url));
      socket.on('message', (data: Buffer) => {
        if (data.includes('"t":"ok"')) acked += 1;
      });
      await once(socket, 'open');
      socket.send(JSON.stringify({ t: 'hello', protocol: 1, token: people.tokens[index] }));
      sockets.set(index, socket);
    }),
  );
  return () => {
    clearInterval(timer);
    for (const socket of sockets.values()) socket.terminate();
    return acked;
  };
}

/** Sessions that are behind what is stored, after all has settled; 0 is what must be. */
async function behind({ postgres }: RealCluster, clients: ChildProcess): Promise<number> {
  const deadline = performance.now() + REST_MS;
  for (;;) {
    const stored = await postgres.ask<{ id: string; rev: number }>('SELECT id, last_rev AS rev FROM channels');
    const { revs, away } = await tell<{ revs: [string, number][]; away: number }>(clients, { kind: 'revs' });
    const known = new Map(revs);
    const late = stored.filter(({ id, rev }) => (known.get(id) ?? 0) < Number(rev)).length + away;
    if (late === 0 || performance.now() > deadline) return late;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function rowOf(what: string, figures: StormFigures, more: Row): Row {
  const { sessions, lastMs, p50Ms, p99Ms, attempts, holes } = figures;
  return { what, sessions, all_back_ms: lastMs, p50_ms: p50Ms, p99_ms: p99Ms, attempts, holes, ...more };
}

export async function run({ quick, size, log }: BenchOptions): Promise<BenchResult> {
  const count = size ?? (quick ? 500 : 10_000);
  const settings = { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'top' };
  const cluster = await startRealCluster({ settings });
  let side: Child | null = null;
  try {
    await cluster.postgres.ask('CREATE EXTENSION pg_stat_statements');
    log(`storm: making ${count} users in ${CHANNELS_EACH} channels each`);
    const people = await seedPeople(cluster.postgres, count, CHANNELS_EACH);
    const request: StormRequest = { tokens: people.tokens, urls: cluster.nodes.map(({ url }) => url) };
    side = startChild(new URL('clients.ts', import.meta.url));
    const clients = side.child;
    clients.send(request);
    await messageOf(clients, ANSWER_MS);
    log('storm: everybody is cut');
    const before = await statementsOf(cluster);
    const cpuBefore = cpuOf(cluster);
    const cut = await tell<StormFigures>(clients, { kind: 'cut' });
    log(`storm: all are back; sockets ended by ${cut.ends}`);
    const cpuMs = ((cpuOf(cluster) - cpuBefore) * 1_000) / cut.sessions;
    const statements = ((await statementsOf(cluster)) - before) / cut.sessions;
    const [first, , last] = cluster.nodes;
    if (first === undefined || last === undefined) throw new Error('the bench needs three nodes');
    log('storm: a node is killed while people talk');
    const stop = await talk(first.url, people);
    const killed = tell<StormFigures>(clients, { kind: 'lost', url: last.url });
    await last.kill();
    const kill = await killed;
    const acked = stop();
    const late = await behind(cluster, clients);
    return createResult(name, {
      rows: [
        rowOf('everybody is cut', cut, {
          statements_each: statements,
          node_cpu_ms_each: cpuMs,
          acked: null,
          behind: null,
        }),
        rowOf('one node of three is killed', kill, {
          statements_each: null,
          node_cpu_ms_each: null,
          acked,
          behind: late,
        }),
      ],
      ratios: {},
      budgets: [
        atMost('ms until all are back, everybody cut', cut.lastMs, 10_000),
        atMost('ms until all are back, a node killed', kill.lastMs, 10_000),
        atMost('channels in which somebody is behind in the end', late, 0),
        atMost('holes in what was heard', cut.holes + kill.holes, 0),
      ],
    });
  } finally {
    side?.child.kill('SIGKILL');
    await cluster.stop();
  }
}
