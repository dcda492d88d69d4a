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
  await vi.waitFor(() => expect(uploads.store.getSnapshot().filter(({ status }) => status === 'done').length).toBe(2));
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
  await vi.waitFor(() => expect(uploads.store.getSnapshot()[0]).toMatchObject({ status: 'failed' }));
  expect(uploads.take()).toEqual([]);
  uploads.retry(uploads.store.getSnapshot()[0]?.key ?? 0);
  await vi.waitFor(() => expect(uploads.store.getSnapshot()[0]).toMatchObject({ status: 'done', error: null }));
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

test('there is room for as many as a message holds', () => {
  const uploads = makeUploads(() => new Promise(() => {}));
  const many = Array.from({ length: LIMITS.attachmentsPerMessage + 3 }, (_, index) => file(`${index}`));
  expect(uploads.add(many)).toBe(3);
  expect(uploads.add([file('one more')])).toBe(1);
});
