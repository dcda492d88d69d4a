import type { AttachmentView } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeUploads } from './uploads.ts';

const file = (name: string, type = 'text/plain') => new File(['abc'], name, { type });
const attachment = (name: string): AttachmentView => ({ id: name, name, type: 'text/plain', size: 3 });

const revoke = vi.fn();
beforeEach(() => {
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x');
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation(revoke);
});
afterEach(() => vi.restoreAllMocks());

test('what has arrived is taken in its order, what is on its way stays', async () => {
  const ends = new Map<string, (result: AttachmentView) => void>();
  const uploads = makeUploads((_file, options) => new Promise((resolve) => ends.set(options?.name ?? '', resolve)));
  uploads.add([file('a'), file('b'), file('c')]);
  ends.get('c')?.(attachment('c'));
  ends.get('a')?.(attachment('a'));
  await expect.poll(() => uploads.store.getSnapshot().filter(({ status }) => status === 'done').length).toBe(2);
  expect(uploads.take().map(({ name }) => name)).toEqual(['a', 'c']);
  expect(uploads.store.getSnapshot().map((upload) => upload.file.name)).toEqual(['b']);
});

test('a failed upload says why and can be tried again', async () => {
  let tries = 0;
  const uploads = makeUploads(async () => {
    tries += 1;
    if (tries === 1) throw new Error('too large');
    return attachment('a');
  });
  uploads.add([file('a')]);
  await expect.poll(() => uploads.store.getSnapshot()[0]).toMatchObject({ status: 'failed' });
  expect(uploads.take()).toEqual([]);
  uploads.retry(uploads.store.getSnapshot()[0]?.key ?? 0);
  await expect.poll(() => uploads.store.getSnapshot()[0]).toMatchObject({ status: 'done', error: null });
});

test('taking one back ends its upload and gives its preview free', () => {
  let signal: AbortSignal | undefined;
  const uploads = makeUploads((_file, options) => {
    signal = options?.signal;
    return new Promise(() => {});
  });
  uploads.add([file('a.png', 'image/png')]);
  uploads.cancel(uploads.store.getSnapshot()[0]?.key ?? 0);
  expect(signal?.aborted).toBe(true);
  expect(revoke).toHaveBeenCalledWith('blob:x');
  expect(uploads.store.getSnapshot()).toEqual([]);
});

/** Uploads of which each ends when it is told to, and how often what waits for them was sent. */
function heldUploads(...names: string[]) {
  const ends = new Map<string, { resolve: (result: AttachmentView) => void; reject: (error: Error) => void }>();
  const uploads = makeUploads(
    (_file, options) =>
      new Promise((resolve, reject) => {
        ends.set(options?.name ?? '', { resolve, reject });
      }),
  );
  uploads.add(names.map((name) => file(name)));
  const send = vi.fn(() => void uploads.take());
  uploads.held.set({ send, replyTo: () => null });
  return {
    uploads,
    send,
    arrive: (name: string) => ends.get(name)?.resolve(attachment(name)),
    fail: (name: string) => ends.get(name)?.reject(new Error('too large')),
    cancel: (name: string) =>
      uploads.cancel(uploads.store.getSnapshot().find((upload) => upload.file.name === name)?.key ?? 0),
    statuses: () => uploads.store.getSnapshot().map(({ status }) => status),
  };
}

test('what waits for files goes out once, when the last of them is there', async () => {
  const { uploads, send, arrive, statuses } = heldUploads('a', 'b');
  arrive('a');
  await expect.poll(statuses).toEqual(['done', 'sending']);
  expect(send).not.toHaveBeenCalled();
  arrive('b');
  await expect.poll(() => send.mock.calls.length).toBe(1);
  expect(uploads.held.getSnapshot()).toBeNull();
  expect(statuses()).toEqual([]);
});

test('what waits for a file that fails or is left out is given back, and goes out with no later one', async () => {
  const failing = heldUploads('a', 'b');
  failing.fail('a');
  await expect.poll(failing.statuses).toEqual(['failed', 'sending']);
  expect(failing.uploads.held.getSnapshot()).toBeNull();

  const left = heldUploads('a', 'b');
  left.cancel('a');
  expect(left.uploads.held.getSnapshot()).toBeNull();
  left.arrive('b');
  await expect.poll(left.statuses).toEqual(['done']);

  const none = heldUploads();
  expect(none.uploads.held.getSnapshot()).toBeNull();
  for (const { send } of [failing, left, none]) expect(send).not.toHaveBeenCalled();
});

test('there is room for as many as a message holds', () => {
  const uploads = makeUploads(() => new Promise(() => {}));
  const many = Array.from({ length: LIMITS.attachmentsPerMessage + 3 }, (_, index) => file(`${index}`));
  expect(uploads.add(many)).toBe(3);
  expect(uploads.add([file('one more')])).toBe(1);
});
