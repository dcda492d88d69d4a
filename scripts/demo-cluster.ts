// `npm run demo:cluster [-- NODES]`: PostgreSQL, Redis and three nodes behind a balancer, all of them real and private. Kill
// any of them with -9 while you talk: it says so and starts it again.
import { styleText } from 'node:util';
import { claimOwner, signUp } from '@parley/client';
import { type RealCluster, startRealCluster } from '../packages/server/src/testing/real-cluster.ts';

const PASSWORD = 'a demo password';
/** Long enough to notice that something is missing. */
const AWAY_MS = 3_000;

/** A part that may be killed. */
interface Part {
  readonly name: string;
  pid(): number | undefined;
  ended(): Promise<void>;
  start(): Promise<void>;
}

const size = Number(process.argv[2] ?? 3);
if (!Number.isInteger(size) || size < 1 || size > 9) {
  console.error('usage: npm run demo:cluster [-- NODES], 1 to 9 nodes');
  process.exit(2);
}
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
say(`Starting PostgreSQL, Redis and ${size} nodes ...`);
// Synced to the disk, as it would be for people.
const starting = startRealCluster({ size, env: { PARLEY_SIGN_UP: 'open' }, settings: {} });
const cluster = await starting;
const parts = partsOf(cluster);
for (const part of parts) void watch(part);
await explain();

function partsOf({ postgres, redis, nodes }: RealCluster): Part[] {
  return [
    { name: 'PostgreSQL', pid: () => postgres.pid, ended: () => postgres.ended(), start: () => postgres.start() },
    { name: 'Redis', pid: () => redis.pid, ended: () => redis.ended(), start: () => redis.start() },
    ...nodes.map((node, index) => ({
      name: `node ${index + 1}`,
      pid: () => node.pid(),
      ended: () => node.ended(),
      start: () => node.start(),
    })),
  ];
}

/** Starts a part again whenever it has ended. */
async function watch(part: Part): Promise<void> {
  for (;;) {
    await part.ended();
    if (isStopping) return;
    say(`${part.name} is gone. Starting it again in ${AWAY_MS / 1_000} s; go on talking.`);
    await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    if (isStopping) return;
    await startAgain(part);
  }
}

async function startAgain(part: Part): Promise<void> {
  while (!isStopping) {
    try {
      await part.start();
      return say(`${part.name} is back, as process ${part.pid()}.`);
    } catch (error) {
      if (!isStopping) say(`${part.name} could not be started, trying again: ${firstLine(error)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function explain(): Promise<void> {
  const { url, nodes } = cluster;
  const ada = await claimOwner(url, {
    ownerToken: cluster.ownerToken(),
    username: 'ada',
    displayName: 'Ada',
    password: PASSWORD,
  });
  const bob = await signUp(url, { username: 'bob', displayName: 'Bob', password: PASSWORD });
  const chat = (token: string) => `PARLEY_TOKEN=${token} npm run -s parley -- chat --url ${url} --channel general`;
  const lines = [
    '',
    `In a browser    ${url}   as ada or bob, password "${PASSWORD}"`,
    'In terminals    paste one of these into each of two:',
    `  ${chat(ada.token)}`,
    `  ${chat(bob.token)}`,
    '',
    'What runs, and how to hurt it:',
    ...parts.map((part) => `  ${part.name.padEnd(12)}kill -9 ${part.pid()}`),
    '',
    `Nodes by themselves: ${nodes.map((node) => node.url).join('  ')}`,
    'Ctrl-C stops everything and forgets it.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function stop(): Promise<void> {
  if (isStopping) process.exit(1);
  isStopping = true;
  say('Stopping everything ...');
  await (await starting).stop();
  process.exit(0);
}

function say(text: string): void {
  process.stdout.write(`${styleText('dim', new Date().toTimeString().slice(0, 8))}  ${text}\n`);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
