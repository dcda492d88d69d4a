import type { ChatClient } from '@parley/client';
import type { AttachmentView, ChannelId, MessageId } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { createStore, type LocalStore } from '../../lib/store.ts';
import { type HeldMessage, holdMessage } from './held-message.ts';

/** A file on its way to the server, to go out with the next message of its conversation. */
export interface Upload {
  readonly key: number;
  readonly file: File;
  /** An address of the image itself, until it is sent; null for what is no image. */
  readonly preview: string | null;
  readonly sentBytes: number;
  readonly status: 'sending' | 'done' | 'failed';
  readonly error: unknown;
  readonly attachment: AttachmentView | null;
}

/** What a recorder knows of a clip. */
export interface ClipFacts {
  readonly durationMs: number;
  readonly waveform: readonly number[];
}

/** The files that one conversation has chosen and not sent yet. They stay while one looks elsewhere, and so does what waits for them. */
export interface Uploads {
  readonly store: LocalStore<readonly Upload[]>;
  readonly held: LocalStore<HeldMessage | null>;
  /** Begins to upload; gives how many there was no more room for. */
  add(files: readonly File[], facts?: ClipFacts): number;
  cancel(key: number): void;
  retry(key: number): void;
  /** Takes what has arrived, for a message. */
  take(): readonly AttachmentView[];
}

const known = new WeakMap<ChatClient, Map<ChannelId, Uploads>>();

/** The uploads of a conversation; the same object each time. */
export function uploadsOf(client: ChatClient, channelId: ChannelId): Uploads {
  let all = known.get(client);
  if (all === undefined) {
    all = new Map();
    known.set(client, all);
  }
  let uploads = all.get(channelId);
  if (uploads === undefined) {
    uploads = makeUploads((file, options) => client.upload(file, options));
    all.set(channelId, uploads);
  }
  return uploads;
}

let lastKey = 0;

/** Keeps the uploads of one conversation; `send` brings a file to the server. */
export function makeUploads(send: ChatClient['upload']): Uploads {
  const store = createStore<readonly Upload[]>([]);
  const held = holdMessage(store);
  const aborts = new Map<number, AbortController>();
  const facts = new Map<number, ClipFacts>();
  const change = (key: number, part: Partial<Upload>) =>
    store.update((all) => all.map((upload) => (upload.key === key ? { ...upload, ...part } : upload)));
  const start = ({ key, file }: Upload) => {
    const abort = new AbortController();
    aborts.set(key, abort);
    change(key, { status: 'sending', sentBytes: 0, error: null });
    const { durationMs, waveform } = facts.get(key) ?? {};
    send(file, {
      name: file.name,
      signal: abort.signal,
      onProgress: ({ sentBytes }) => change(key, { sentBytes }),
      durationMs,
      waveform,
    }).then(
      (attachment) => change(key, { status: 'done', attachment, sentBytes: file.size }),
      (error: unknown) => change(key, { status: 'failed', error }),
    );
  };
  const forget = ({ key, preview }: Upload) => {
    aborts.get(key)?.abort();
    aborts.delete(key);
    facts.delete(key);
    if (preview !== null) URL.revokeObjectURL(preview);
  };
  return {
    store,
    held,
    add(files, clip) {
      const room = Math.max(0, LIMITS.attachmentsPerMessage - store.getSnapshot().length);
      const added = files.slice(0, room).map((file): Upload => {
        lastKey += 1;
        if (clip !== undefined) facts.set(lastKey, clip);
        const preview = isImage(file) ? URL.createObjectURL(file) : null;
        return { key: lastKey, file, preview, sentBytes: 0, status: 'sending', error: null, attachment: null };
      });
      store.update((all) => [...all, ...added]);
      for (const upload of added) start(upload);
      return files.length - added.length;
    },
    cancel(key) {
      const upload = store.getSnapshot().find((each) => each.key === key);
      if (upload === undefined) return;
      // It is another message without this file: its writer decides anew.
      held.set(null);
      store.update((all) => all.filter((each) => each.key !== key));
      forget(upload);
    },
    retry(key) {
      const upload = store.getSnapshot().find((each) => each.key === key);
      if (upload?.status === 'failed') start(upload);
    },
    take() {
      const taken = store.getSnapshot().filter(({ status }) => status === 'done');
      store.update((all) => all.filter(({ status }) => status !== 'done'));
      for (const upload of taken) forget(upload);
      return taken.flatMap(({ attachment }) => attachment ?? []);
    },
  };
}

/** Kinds that every browser shows; an SVG is none of them, as it may hold anything. */
function isImage({ type }: File): boolean {
  return /^image\/(?:png|jpeg|gif|webp|avif)$/.test(type);
}

const MAX_REMEMBERED = 100;
const outgoing = new Map<MessageId, readonly AttachmentView[]>();

/** Remembers the files of a message on its way, which is told back with them only when it is sent. */
export function rememberFiles(messageId: MessageId, files: readonly AttachmentView[]): void {
  const [oldest] = outgoing.keys();
  if (outgoing.size >= MAX_REMEMBERED && oldest !== undefined) outgoing.delete(oldest);
  outgoing.set(messageId, files);
}

/** The files of a message of one's own that is on its way. */
export function rememberedFiles(messageId: MessageId): readonly AttachmentView[] | undefined {
  return outgoing.get(messageId);
}
