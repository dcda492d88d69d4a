import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ChatClient, claimOwner, createClient, signUp } from '@parley/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerProcess, serverProcess } from '../packages/server/src/testing/server-process.ts';
import { serverProgram } from '../packages/server/src/testing/server-program.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';
import { buildProgram } from '../scripts/build-program.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const JWT_SECRET = 'a secret that only the test and its server know';
const PASSWORD = 'correct horse battery';

let database: TestDatabase;
let server: ServerProcess;
let directory = '';
let ann: ChatClient;
let bobToken = '';
const programs: Program[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-programs-'));
  database = await createTestDatabase();
  server = await serverProcess(database.connectionString, { PARLEY_SIGN_UP: 'open', PARLEY_JWT_SECRET: JWT_SECRET });
  await server.start();
  const owner = await claimOwner(server.url, { ownerToken: server.ownerToken(), username: 'ann', password: PASSWORD });
  ann = createClient({ url: server.url, token: owner.token, WebSocket });
  await ann.connect();
  bobToken = (await signUp(server.url, { username: 'bob', password: PASSWORD })).token;
});
afterAll(async () => {
  for (const program of programs) program.child.kill('SIGKILL');
  ann.close();
  await server.stop();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

interface Program {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out(): string;
}

/** Runs one of the examples from its sources. */
const example = (path: string, env: Record<string, string>) =>
  run(['--conditions=source', '--import', tsx, join(root, 'examples', path)], env);

function run(args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH: process.env.PATH, PARLEY_URL: server.url, PARLEY_CONFIG_DIR: join(directory, 'config'), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
  }
  const program = { child, ended: once(child, 'exit').then(([code]) => code as number | null), out: () => out };
  programs.push(program);
  return program;
}

const chat = async (args: readonly string[], env: Record<string, string> = {}) =>
  run([await serverProgram(), 'chat', ...args], env);

async function bodiesIn(name: string): Promise<string[]> {
  const summary = await waitFor(`${name} is there`, () =>
    ann.channels.getSnapshot().find(({ channel }) => channel.name === name),
  );
  const page = await ann.call('message.history', { channelId: summary.id, limit: 100 });
  return page.messages.map(({ body }) => body);
}

test('parley chat sends what is piped into it, and ends when all of it is acknowledged', async () => {
  await ann.createChannel({ kind: 'public', name: 'pipes' });
  const lines = Array.from({ length: 25 }, (_, index) => `line ${index + 1}`);
  const piped = await chat(['--channel', 'pipes'], { PARLEY_TOKEN: bobToken });
  piped.child.stdin?.end(`${lines.join('\n')}\n`);
  expect(await piped.ended, piped.out()).toBe(0);
  expect(await bodiesIn('pipes')).toEqual(lines);
});

test('parley chat says in one line what is wrong, and fails', async () => {
  const wrong = [
    ['there is no channel nowhere', '--channel', 'nowhere', '--token', bobToken],
    ['not signed in', '--channel', 'pipes'],
    ['unable to stay connected', '--channel', 'pipes', '--token', 'not a token'],
  ] as const;
  await Promise.all(
    wrong.map(async ([told, ...args]) => {
      const program = await chat(args);
      program.child.stdin?.end('hello\n');
      expect(await program.ended).toBe(1);
      expect(program.out()).toContain(told);
    }),
  );
});

test('the program that is built serves people, operators and the web app', async () => {
  const path = await buildProgram('test-parley');
  const help = run([path, 'load', '--help']);
  expect(await help.ended, help.out()).toBe(0);
  const shipped = run([path, 'start'], {
    DATABASE_URL: database.connectionString,
    PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
    PORT: '0',
  });
  const url = await waitFor('it says where', () => /Open +(\S+)/.exec(shipped.out())?.[1]);
  const client = createClient({ url, token: bobToken, WebSocket });
  await client.connect();
  client.close();
  for (const page of ['/', '/v1/openapi.json', '/readyz'])
    expect((await fetch(url + page)).status, `${page}\n${shipped.out()}`).toBe(200);
  shipped.child.kill('SIGTERM');
  expect(await shipped.ended, shipped.out()).toBe(0);
});

test('a word that is no command is told to be none', async () => {
  const program = run([await serverProgram(), 'strat']);
  expect(await program.ended).toBe(2);
  expect(program.out()).toContain('Did you mean start?');
});

test('parley chat --json prints events, also after the server was away', async () => {
  const channel = await ann.createChannel({ kind: 'public', name: 'events' });
  const follower = await chat(['--json', '--channel', 'events'], { PARLEY_TOKEN: bobToken });
  const events = () =>
    follower
      .out()
      .split('\n')
      .flatMap((line) =>
        line.startsWith('{') && line.endsWith('}')
          ? [JSON.parse(line) as { event: string; data: { message?: { body: string } } }]
          : [],
      );
  await waitFor('bob is in the channel', () => channel.info.getSnapshot()?.channel.memberCount === 2);
  await channel.send('one');
  await waitFor('it is printed', () => events().some(({ data }) => data.message?.body === 'one'));
  follower.child.stdin?.write('from a script\n');
  await waitFor('it was sent', async () => (await bodiesIn('events')).includes('from a script'));
  await server.kill();
  await server.start();
  await channel.send('two');
  await waitFor('it is printed', () =>
    events().some(({ event, data }) => event === 'message' && data.message?.body === 'two'),
  );
  follower.child.kill('SIGINT');
  expect(await follower.ended).toBe(0);
});

test('the echo bot answers everybody once, and after it was away too', async () => {
  const bot = await ann.call('user.create', { username: 'echo', kind: 'bot' });
  const { secret } = await ann.call('key.create', { userId: bot.id, name: 'echo', scopes: ['read', 'write'] });
  const channel = await ann.createChannel({ kind: 'private', name: 'echoes' });
  await channel.invite([bot.id]);
  const env = { PARLEY_TOKEN: secret, BOT_STATE: join(directory, 'bot') };
  const first = example('bot.ts', env);
  await channel.send('hello');
  await waitFor('it answers', async () => (await bodiesIn('echoes')).includes('You said: hello'));
  first.child.kill('SIGKILL');
  await first.ended;
  await channel.send('are you there?');
  await channel.send('hello again');
  const second = example('bot.ts', env);
  await waitFor('it answers', async () => (await bodiesIn('echoes')).includes('You said: hello again'));
  second.child.kill('SIGKILL');
  const answers = (await bodiesIn('echoes')).filter((body) => body.startsWith('You said'));
  // The message that was in hand when it was killed may be answered twice; none is left out, and none comes out of turn.
  expect([...new Set(answers)]).toEqual(['You said: hello', 'You said: are you there?', 'You said: hello again']);
});

test('a product’s own users chat with tokens that the product signs', async () => {
  const embed = example('embed.ts', { PARLEY_JWT_SECRET: JWT_SECRET });
  expect(await embed.ended, embed.out()).toBe(0);
  expect(embed.out()).toContain('Corner Shop reads: Is the blue one in stock?');
  expect(embed.out()).toContain('sent: Yes, two left.');
});
