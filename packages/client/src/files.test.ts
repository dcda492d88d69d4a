import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { type ChatClient, createClient } from './chat-client.ts';
import type { ClientOptions } from './options.ts';
import type { UploadProgress } from './post-bytes.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

interface Asked {
  readonly id: string | null;
  readonly name: string | null;
  readonly token: string | undefined;
}

const ended: (() => void)[] = [];
afterEach(() => {
  for (const end of ended.splice(0)) end();
});

/** A server that answers each request as the next of `answers` says; waits of the client take no time. */
async function world(
  answers: Answer[],
  options: Partial<ClientOptions> = {},
): Promise<{ client: ChatClient; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    asked.push({ id: query.get('id'), name: query.get('name'), token: request.headers.authorization });
    void answers.shift()?.(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const client = createClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'first',
    WebSocket: class {
      send(): void {}
      close(): void {}
    },
    runtime: { random: () => 0 },
    ...options,
  });
  ended.push(
    () => client.close(),
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  return { client, asked };
}

const refuse =
  (status: number, code: string): Answer =>
  async (request, response) => {
    await buffer(request);
    response
      .writeHead(status, { 'content-type': 'application/problem+json' })
      .end(JSON.stringify({ code, detail: code }));
  };
const cut: Answer = (request) => void request.socket.destroy();
const store: Answer = async (request, response) => {
  const { length } = await buffer(request);
  response.writeHead(201).end(JSON.stringify({ attachment: { id: 'a', name: 'n', type: 't', size: length } }));
};

test('an upload is tried again with the same id until it has an answer, and tells how far it is', async () => {
  const { client, asked } = await world([cut, refuse(503, 'busy'), cut, store]);
  const told: UploadProgress[] = [];
  const file = new File([new Uint8Array(200_000)], 'photo.png');
  const attachment = await client.upload(file, { onProgress: (progress) => void told.push(progress) });
  expect(attachment.size).toBe(200_000);
  expect(asked).toHaveLength(4);
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  expect(asked[0]?.name).toBe('photo.png');
  expect(told.at(-1)).toEqual({ sentBytes: 200_000, totalBytes: 200_000 });
});

test('what the server refuses for good is told at once, and what it never answers after a while', async () => {
  const { client, asked } = await world([refuse(413, 'too_large'), ...Array.from({ length: 30 }, () => cut)]);
  await expect(client.upload(new Uint8Array(3))).rejects.toMatchObject({ code: 'too_large', retryable: false });
  expect(asked).toHaveLength(1);
  await expect(client.upload(new Uint8Array(3))).rejects.toMatchObject({ code: 'unreachable', retryable: true });
  expect(asked).toHaveLength(18);
});

test('a token that is refused is asked for anew, once', async () => {
  let made = 0;
  const token = () => `token-${++made}`;
  const { client, asked } = await world([refuse(401, 'unauthenticated'), store], { token });
  await client.upload(new Uint8Array(3));
  expect(asked.map((one) => one.token)).toEqual(['Bearer token-1', 'Bearer token-2']);
  const refused = await world([refuse(401, 'unauthenticated'), refuse(401, 'unauthenticated')], { token });
  await expect(refused.client.upload(new Uint8Array(3))).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('an upload ends when its caller gives up, or the client is closed', async () => {
  const giveUp = new AbortController();
  const hang: Answer = () => giveUp.abort();
  const { client, asked } = await world([hang, () => client.close()]);
  await expect(client.upload(new Uint8Array(3), { signal: giveUp.signal })).rejects.toMatchObject({ code: 'aborted' });
  await expect(client.upload(new Uint8Array(3), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(asked).toHaveLength(1);
  await expect(client.upload(new Uint8Array(3))).rejects.toMatchObject({ code: 'closed' });
});
