import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type AttachmentView, type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimSweep } from '../attachments/attachment-store.ts';
import { Attachments } from '../attachments/attachments.ts';
import { DiskBlobStore } from '../attachments/disk-blob-store.ts';
import { FileCollector } from '../attachments/file-collector.ts';
import { loadPictures } from '../attachments/pictures.ts';
import { S3BlobStore } from '../attachments/s3-blob-store.ts';
import { S3Bucket } from '../attachments/s3-bucket.ts';
import { AccessDirectory } from '../channels/access.ts';
import { attachmentHandlers } from '../commands/attachment-commands.ts';
import type { CommandContext } from '../commands/handler.ts';
import { sendMessage } from '../commands/send-message.ts';
import { present } from '../lib/assert.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import { query } from '../storage/postgres.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { startTestHttp, type TestHttp } from '../testing/test-http.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { type S3Fault, TestS3 } from '../testing/test-s3.ts';
import { waitFor } from '../testing/wait-for.ts';

const MAX_BYTES = 8_192;
const QUOTA_BYTES = 40_000;
const DAY_MS = 86_400_000;
const clock = new FakeClock();
const directory = mkdtempSync(join(tmpdir(), 'parley-files-'));
const blobs = new DiskBlobStore(directory);

let database: MigratedDatabase;
let http: TestHttp;
let rooms: TestRooms;
let attachments: Attachments;
let collector: FileCollector;
let ann: Person;
let bob: Person;
let eve: Person;
let channelId: ChannelId;

interface Person {
  readonly id: UserId;
  readonly token: string;
}

beforeAll(async () => {
  database = await migratedDatabase();
  rooms = new TestRooms(database);
  attachments = new Attachments({
    db: database.db,
    clock,
    blobs,
    pictures: () => loadPictures(1_000_000),
    maxBytes: MAX_BYTES,
    quotaBytes: QUOTA_BYTES,
  });
  const onFault = (error: unknown): void => {
    throw error;
  };
  collector = new FileCollector({ db: database.db, clock, blobs, onFault });
  const handlers = attachmentHandlers({ attachments });
  http = await startTestHttp(database, { signUp: 'open', handlers, ports: { attachments } });
  ann = await signUp('ann');
  bob = await signUp('bob');
  eve = await signUp('eve');
  const input = { kind: 'private' as const, name: 'files', memberIds: [bob.id] };
  channelId = (await rooms.channelCreation.create({ userId: ann.id, serverRole: 'member' }, input)).channel.id;
});
afterAll(async () => {
  await http.stop();
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function signUp(username: string): Promise<Person> {
  const { body } = await http.ask('POST', '/v1/auth/sign-up', { body: { username, password: 'a good password' } });
  return { id: body.user.id, token: body.token };
}

const upload = (who: Person, bytes: string | Buffer, name = 'note.txt', headers: Record<string, string> = {}) =>
  fetch(`${http.url}/v1/attachments?name=${encodeURIComponent(name)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/octet-stream', ...headers },
    body: typeof bytes === 'string' ? bytes : new Uint8Array(bytes),
  });

async function uploaded(who: Person, bytes: string | Buffer, name?: string): Promise<AttachmentView> {
  const response = await upload(who, bytes, name);
  expect(response.status).toBe(201);
  return ((await response.json()) as { attachment: AttachmentView }).attachment;
}

const get = (who: Person, id: string, headers: Record<string, string> = {}) =>
  fetch(`${http.url}/v1/attachments/${id}`, { headers: { authorization: `Bearer ${who.token}`, ...headers } });

async function statusOf(who: Person, id: string): Promise<number> {
  return (await get(who, id)).status;
}

/** Sends as a client does, by the command. */
async function send(who: Person, files: readonly string[], id = makeUuid() as MessageId, channel = channelId) {
  const queue: Pick<MessageQueue, 'enqueue'> = {
    enqueue(entry, settle) {
      void rooms.writer.write([entry]).then(([outcome]) => settle(present(outcome, 'outcome')));
      return undefined;
    },
  };
  const handler = sendMessage({
    access: new AccessDirectory(database.db),
    mentions: rooms.mentions,
    attachments,
    history: rooms.history,
    clock,
    queue: queue as MessageQueue,
  });
  const context = { actor: { userId: who.id }, subscriber: null } as unknown as CommandContext;
  return await handler({ channelId: channel, id, body: '', attachments: [...files] }, context);
}

function storedFiles(): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}

test('[ATT1] [ATT3] a file is its owner’s until it is sent, then its readers’, and a removed reader’s no more', async () => {
  const file = await uploaded(ann, 'secret text');
  expect(file).toMatchObject({ name: 'note.txt', type: 'text/plain', size: 11 });
  expect([await statusOf(ann, file.id), await statusOf(bob, file.id)]).toEqual([200, 404]);
  expect(await codeOf(send(bob, [file.id]))).toBe('not_found');
  const id = makeUuid() as MessageId;
  const first = await send(ann, [file.id], id);
  expect(await send(ann, [file.id], id)).toEqual(first);
  expect(await codeOf(send(ann, [file.id]))).toBe('not_found');
  const event = rooms.eventsOf(channelId).at(-1);
  expect(event).toMatchObject({ t: 'message', message: { id, attachments: [file] } });
  const { messages } = await rooms.history.page(bob.id, { channelId, limit: 1 });
  expect(messages[0]?.attachments).toEqual([file]);
  expect([await statusOf(bob, file.id), await statusOf(eve, file.id)]).toEqual([200, 404]);
  expect(await (await get(bob, file.id)).text()).toBe('secret text');
  await rooms.members.kick({ userId: ann.id, channelId, targetId: bob.id });
  expect(await statusOf(bob, file.id)).toBe(404);
  await rooms.members.invite(ann.id, channelId, [bob.id]);
});

test('[ROAD2] a send with a file gives the first result also after its message was deleted', async () => {
  const file = await uploaded(ann, 'soon gone');
  const id = makeUuid() as MessageId;
  const first = await send(ann, [file.id], id);
  const { rev } = await rooms.messageChanges.delete({ userId: ann.id, channelId, messageId: id });
  expect(await send(ann, [file.id], id)).toEqual({ ...first, rev });
  await collector.collect();
  expect(await send(ann, [file.id], id)).toEqual({ ...first, rev });
  expect(await codeOf(send(bob, [file.id], id))).toBe('not_found');
});

test('[ATT3] of two messages that race for one file one gets it, and a claim of several is whole or nothing', async () => {
  const [one, two] = [await uploaded(ann, 'one'), await uploaded(ann, 'two')];
  const codes = await Promise.all([codeOf(send(ann, [one.id])), codeOf(send(ann, [one.id]))]);
  expect(codes.sort()).toEqual(['not_found', 'ok']);
  expect(await codeOf(send(ann, [two.id, one.id]))).toBe('not_found');
  expect(await codeOf(send(ann, [two.id]))).toBe('ok');
});

test('[ATT2] whatever a file claims to be, it is served so that nothing in it runs', async () => {
  const svg = await uploaded(ann, '<svg onload="alert(1)"/>', 'x.svg');
  const answer = await get(ann, svg.id);
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="x.svg"/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('content-security-policy')).toMatch(/sandbox/);
  expect(answer.headers.get('cache-control')).toMatch(/^private/);
  const gif = await uploaded(ann, 'GIF89a\x02\0\x03\0', 'pic.html');
  expect(gif).toMatchObject({ type: 'image/gif', width: 2, height: 3 });
  const shown = await get(ann, gif.id);
  expect([shown.headers.get('content-type'), shown.headers.get('content-disposition')?.slice(0, 6)]).toEqual([
    'image/gif',
    'inline',
  ]);
});

test('[ATT1] ranges and unchanged copies are answered as players and browsers expect', async () => {
  const { id } = await uploaded(ann, '0123456789');
  const part = await get(ann, id, { range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
  expect((await get(ann, id, { range: 'bytes=10-' })).status).toBe(416);
  const same = await get(ann, id, { 'if-none-match': (await get(ann, id)).headers.get('etag') ?? '' });
  expect([same.status, await same.text()]).toEqual([304, '']);
});

test('[ATT6] what is empty, too large, too wide or above the owner’s space is refused and leaves nothing', async () => {
  const before = storedFiles();
  const png = Buffer.alloc(64);
  png.write('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff', 'latin1');
  const statuses = [
    (await upload(eve, '')).status,
    (await upload(eve, 'x'.repeat(MAX_BYTES + 1))).status,
    (await upload(eve, png)).status,
    (await upload(eve, 'zipped', 'a', { 'content-encoding': 'gzip' })).status,
    (await upload(eve, 'x', 'a\0b')).status,
    (await upload({ ...eve, token: 'wrong' }, 'x')).status,
  ];
  expect(statuses).toEqual([400, 413, 413, 415, 400, 401]);
  expect(storedFiles()).toEqual(before);
  const race = await Promise.all(Array.from({ length: 8 }, () => upload(eve, 'x'.repeat(8_000))));
  expect(race.filter((response) => response.status === 201)).toHaveLength(QUOTA_BYTES / 8_000);
});

test('[ATT8] an upload that is repeated with its id gives the first result and takes its space once', async () => {
  const id = makeUuid();
  const again = (who: Person, bytes: string) =>
    fetch(`${http.url}/v1/attachments?id=${id}&name=note.txt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${who.token}` },
      body: bytes,
    });
  const before = storedFiles().length;
  const answers = await Promise.all([again(ann, 'once'), again(ann, 'once'), again(ann, 'once')]);
  const given = await Promise.all(answers.map((answer) => answer.json()));
  expect(given).toEqual([given[0], given[0], given[0]]);
  expect(given[0]).toMatchObject({ attachment: { id, name: 'note.txt', size: 4 } });
  expect(storedFiles()).toHaveLength(before + 1);
  expect((await again(bob, 'mine')).status).toBe(409);
  expect(storedFiles()).toHaveLength(before + 1);
});

test('[ATT8] what a sender says of his voice clip is told with it, within bounds, and of nothing else', async () => {
  const told = (query: string, bytes: string) =>
    fetch(`${http.url}/v1/attachments?${query}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.token}` },
      body: bytes,
    });
  const clip = await told('name=voice.ogg&durationMs=4200&waveform=0,50,100', 'OggS sound');
  expect(await clip.json()).toMatchObject({
    attachment: { type: 'audio/ogg', durationMs: 4_200, waveform: [0, 50, 100] },
  });
  const text = (await (await told('durationMs=4200&waveform=1', 'no sound')).json()) as { attachment: AttachmentView };
  expect(Object.keys(text.attachment).sort()).toEqual(['id', 'name', 'size', 'type']);
  const long = Array.from({ length: 101 }, () => 1).join(',');
  for (const bad of ['durationMs=-1', 'durationMs=x', 'waveform=101', 'waveform=a', `waveform=${long}`, 'what=1'])
    expect((await told(bad, 'OggS')).status).toBe(400);
});

test('[ATT11] a picture carries its small version, which those who may read it get', async () => {
  const noise = { width: 900, height: 600, channels: 3 as const, background: 'teal' };
  const bytes = await sharp({ create: noise }).jpeg({ quality: 30 }).toBuffer();
  const before = storedFiles().length;
  const file = await uploaded(ann, bytes, 'sea.jpg');
  expect(file).toMatchObject({ width: 900, height: 600, thumbnail: { width: 720, height: 480 } });
  expect(file.placeholder).toMatch(/^data:image\/webp;base64,/);
  expect(storedFiles()).toHaveLength(before + 2);
  const { id: messageId } = await send(ann, [file.id]);
  const { messages } = await rooms.history.page(bob.id, { channelId, limit: 1 });
  expect(messages[0]?.attachments).toEqual([file]);
  const small = (who: Person) => get(who, `${file.id}?variant=thumbnail`);
  const shown = await small(bob);
  expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/webp']);
  expect(await sharp(Buffer.from(await shown.arrayBuffer())).metadata()).toMatchObject({ width: 720, height: 480 });
  expect((await small(eve)).status).toBe(404);
  const asked = { token: bob.token, body: { variant: 'thumbnail' } };
  const { body } = await http.ask('POST', `/v1/attachments/${file.id}/url`, asked);
  expect((await fetch(http.url + body.url)).headers.get('content-type')).toBe('image/webp');
  const text = await uploaded(ann, 'no picture');
  expect((await get(ann, `${text.id}?variant=thumbnail`)).status).toBe(404);
  await rooms.messageChanges.delete({ userId: ann.id, channelId, messageId });
  await collector.collect();
  expect(storedFiles()).toHaveLength(before + 1);
});

test('[ATT4] bytes that no file knows are found, and those that one knows are left', async () => {
  const known = await uploaded(ann, 'known');
  const lost = await blobs.write(Readable.from([Buffer.from('stored, and then the server was killed')]), 100);
  expect(await claimSweep(database.db, clock.now(), DAY_MS)).toBe(true);
  expect(await claimSweep(database.db, clock.now() + DAY_MS - 1, DAY_MS)).toBe(false);
  expect(await claimSweep(database.db, clock.now() + DAY_MS, DAY_MS)).toBe(true);
  // The files are of now, whatever the clock of the rooms says.
  const later = Object.assign(new FakeClock(), { now: () => Date.now() + 2 * DAY_MS });
  await new FileCollector({ db: database.db, clock: later, blobs, onFault: () => {} }).sweep();
  await expect(blobs.read(lost.key)).rejects.toMatchObject({ code: 'not_found' });
  expect(await statusOf(ann, known.id)).toBe(200);
});

test('[ATT6] an upload that breaks off leaves nothing', async () => {
  const before = storedFiles().length;
  const socket = connect(http.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `POST /v1/attachments?name=a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ann.token}\r\nContent-Length: 1000\r\n\r\nhalf`,
  );
  await waitFor('the upload has begun', () => storedFiles().some((name) => name.endsWith('.part')));
  socket.destroy();
  await waitFor('nothing is left of it', () => storedFiles().length === before);
});

test('[ATT4] a deleted message takes its files along, and what nobody named is gone after a day', async () => {
  const [sent, orphan] = [await uploaded(ann, 'sent'), await uploaded(ann, 'never sent')];
  const { id: messageId } = await send(ann, [sent.id]);
  const keyOf = async (id: string) =>
    (await query<{ key: string }>(database.db, 'SELECT storage_key AS key FROM attachments WHERE id = $1', [id]))[0]
      ?.key;
  const keys = [await keyOf(sent.id), await keyOf(orphan.id)].map((key) => present(key, 'key'));
  const paths = keys.map((key) => join(directory, key.slice(0, 2), key));
  await rooms.messageChanges.delete({ userId: ann.id, channelId, messageId });
  expect([await statusOf(ann, sent.id), await statusOf(bob, sent.id)]).toEqual([404, 404]);
  await collector.collect();
  expect(paths.map((path) => existsSync(path))).toEqual([false, true]);
  await clock.advance(DAY_MS + 1);
  await collector.collect();
  expect(paths.map((path) => existsSync(path))).toEqual([false, false]);
  expect(await statusOf(ann, orphan.id)).toBe(404);
});

test('[ATT7] an address works without a token, for one file and some minutes, and ends with the access', async () => {
  const file = await uploaded(ann, 'picture');
  const other = await uploaded(ann, 'other');
  await send(ann, [file.id, other.id]);
  const { body } = await http.ask('POST', `/v1/attachments/${file.id}/url`, { token: bob.token, body: {} });
  const fetched = async (path: string) => (await fetch(http.url + path)).status;
  expect(await fetched(body.url)).toBe(200);
  const shown = await fetch(http.url + body.url);
  expect(shown.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  expect((await get(ann, file.id)).headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(await fetched(body.url.replace(file.id, other.id))).toBe(401);
  expect(await fetched(body.url.replace(bob.id, ann.id))).toBe(401);
  expect(await fetched(`${body.url}x`)).toBe(401);
  expect((await http.ask('POST', `/v1/attachments/${file.id}/url`, { token: eve.token, body: {} })).status).toBe(404);
  await rooms.members.kick({ userId: ann.id, channelId, targetId: bob.id });
  expect(await fetched(body.url)).toBe(404);
  await rooms.members.invite(ann.id, channelId, [bob.id]);
  expect(await fetched(body.url)).toBe(200);
  await clock.advance(300_001);
  expect(await fetched(body.url)).toBe(401);
});

test('[ATT10] a bucket that is away is told by code, shows nothing half-stored, and is emptied once it is back', async () => {
  const s3 = await TestS3.start();
  const bucket = new S3Bucket(s3.options);
  const inBucket = new S3BlobStore(bucket, 'files/');
  const ports = { db: database.db, clock, blobs: inBucket, onFault: () => {} };
  const rooms = new Attachments({
    ...ports,
    pictures: async () => null,
    maxBytes: MAX_BYTES,
    quotaBytes: QUOTA_BYTES,
  });
  const other = await startTestHttp(database, {
    handlers: attachmentHandlers({ attachments: rooms }),
    ports: { attachments: rooms },
  });
  try {
    const post = () =>
      fetch(`${other.url}/v1/attachments?name=a.txt`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ann.token}` },
        body: 'hello',
      });
    const ask = (id: string) =>
      fetch(`${other.url}/v1/attachments/${id}`, { headers: { authorization: `Bearer ${ann.token}` } });
    const rowsBefore = await query(database.db, 'SELECT id FROM attachments');
    const away: S3Fault = (request) => {
      request.socket.destroy();
      return true;
    };
    s3.fault = away;
    const refused = await post();
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'unavailable']);
    expect(await query(database.db, 'SELECT id FROM attachments')).toEqual(rowsBefore);
    s3.fault = null;
    const { attachment } = (await (await post()).json()) as { attachment: AttachmentView };
    expect(await (await ask(attachment.id)).text()).toBe('hello');
    s3.fault = away;
    expect((await ask(attachment.id)).status).toBe(503);
    await query(database.db, 'UPDATE attachments SET gone_at = now() WHERE id = $1', [attachment.id]);
    await expect(new FileCollector(ports).collect()).rejects.toMatchObject({ code: 'unavailable' });
    s3.fault = null;
    expect(s3.objects.size).toBe(1);
    await new FileCollector(ports).collect();
    expect(s3.objects.size).toBe(0);
    expect(await query(database.db, 'SELECT id FROM attachments WHERE id = $1', [attachment.id])).toEqual([]);
  } finally {
    await other.stop();
    bucket.close();
    await s3.stop();
  }
});
