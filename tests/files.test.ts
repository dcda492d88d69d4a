import { type ChatClient, claimOwner, createClient, signUp } from '@parley/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerProcess, serverProcess } from '../packages/server/src/testing/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';

let database: TestDatabase;
let server: ServerProcess;
let ann: ChatClient;
let bob: ChatClient;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await serverProcess(database.connectionString, { PARLEY_SIGN_UP: 'open' });
  await server.start();
  const password = 'correct horse battery';
  const owner = await claimOwner(server.url, { ownerToken: server.ownerToken(), username: 'ann', password });
  const member = await signUp(server.url, { username: 'bob', password });
  [ann, bob] = [owner, member].map(({ token }) => createClient({ url: server.url, token, WebSocket })) as [
    ChatClient,
    ChatClient,
  ];
  await Promise.all([ann.connect(), bob.connect()]);
}, 240_000);
afterAll(async () => {
  for (const client of [ann, bob]) client.close();
  await server.stop();
  await database.drop();
});

test('[ATT1] a file goes up with its progress, is seen by those who may, and comes down as it was', async () => {
  const bytes = new Uint8Array(1_000_000).map((_, index) => index % 251);
  const sentBytes: number[] = [];
  const file = await ann.upload(bytes, {
    name: 'numbers.bin',
    onProgress: (progress) => void sentBytes.push(progress.sentBytes),
  });
  expect(file).toMatchObject({ name: 'numbers.bin', size: 1_000_000, type: 'application/octet-stream' });
  expect(sentBytes.length).toBeGreaterThan(1);
  expect(sentBytes.at(-1)).toBe(1_000_000);
  await expect(bob.download(file.id)).rejects.toMatchObject({ code: 'not_found' });
  const general = ann.channels.getSnapshot()[0];
  if (general === undefined) throw new Error('everybody is in a channel');
  await ann.channel(general.id).send('', { attachments: [file.id] });
  const channel = bob.channel(general.id);
  await channel.load();
  await waitFor(
    'bob sees the file',
    () => channel.messages.getSnapshot().items.at(-1)?.attachments?.[0]?.id === file.id,
  );
  expect(new Uint8Array(await (await bob.download(file.id)).arrayBuffer())).toEqual(bytes);
  const url = await bob.fileUrl(file.id);
  expect(await bob.fileUrl(file.id)).toBe(url);
  const answer = await fetch(url, { headers: { range: 'bytes=250-252' } });
  expect([answer.status, ...new Uint8Array(await answer.arrayBuffer())]).toEqual([206, 250, 0, 1]);
});

test('[ATT8] the server is killed in the middle of an upload: it is there once when the server is back', async () => {
  const bytes = new Uint8Array(8_000_000).fill(7);
  const restarts: Promise<void>[] = [];
  const file = await ann.upload(bytes, {
    name: 'sevens',
    onProgress: ({ sentBytes }) => {
      if (sentBytes > 500_000 && restarts.length === 0) restarts.push(server.kill().then(() => server.start()));
    },
  });
  expect(restarts).toHaveLength(1);
  await Promise.all(restarts);
  expect(file).toMatchObject({ name: 'sevens', size: 8_000_000 });
  expect((await ann.download(file.id)).size).toBe(8_000_000);
});
