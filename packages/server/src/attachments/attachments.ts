import { randomBytes, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { AttachmentView, OutputOf, UserId } from '@parley/protocol';
import { accessOf } from '../channels/granted.ts';
import { decide } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock, Timer } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import {
  type AttachmentRow,
  abandonOrphans,
  attachmentView,
  type Claim,
  claimAttachments,
  forgetAttachments,
  insertAttachment,
  readAttachment,
  readGone,
  readUrlSecret,
  type StoredAttachment,
} from './attachment-store.ts';
import type { BlobStore, StoredBlob } from './blob-store.ts';
import { HEAD_BYTES } from './blob-store.ts';
import { cleanFileName } from './file-name.ts';
import { sniff } from './sniff.ts';
import { makeTicket, readTicket } from './ticket.ts';

/** More would take a browser gigabytes to show. */
const MAX_PIXELS = 100_000_000;
const URL_LIFE_MS = 300_000;
const COLLECT_PERIOD_MS = 60_000;
const ORPHAN_MS = 86_400_000;
const CLAIM_MS = 3_600_000;
/** Files removed per round. */
const COLLECT_BATCH = 500;

/** What the sender of a file says of it. */
export interface UploadDescription {
  /** Made by the client, so that a repeat can be told; made here when left out. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly durationMs?: number | undefined;
  readonly waveform?: readonly number[] | undefined;
}

export interface AttachmentPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  readonly maxBytes: number;
  readonly quotaBytes: number;
  onFault(error: unknown): void;
}

/** Files that messages carry: taken in, claimed by one message, given to those who may read it, and gone with it. */
export class Attachments {
  readonly #ports: AttachmentPorts;
  #timer: Timer | null = null;
  #collecting: Promise<void> = Promise.resolve();
  #secret: Promise<string> | null = null;

  constructor(ports: AttachmentPorts) {
    this.#ports = ports;
  }

  get maxBytes(): number {
    return this.#ports.maxBytes;
  }

  /**
   * Stores an upload, which belongs to its owner alone until a message names it. A repeat with the same id gives the first
   * result; throws `conflict` where the id is somebody else's.
   */
  async accept(ownerId: UserId, described: UploadDescription, source: Readable): Promise<AttachmentView> {
    const { blobs, maxBytes } = this.#ports;
    const blob = await blobs.write(source, maxBytes);
    try {
      const row = describe(ownerId, described, blob);
      const isAdded = await this.#record(row);
      if (isAdded) return attachmentView(row);
    } catch (error) {
      await blobs.remove(blob.key);
      throw error;
    }
    await blobs.remove(blob.key);
    return this.#repeated(ownerId, described.id ?? '');
  }

  /** False when the id was used before. */
  async #record(row: StoredAttachment): Promise<boolean> {
    const { db, clock, quotaBytes } = this.#ports;
    const insertion = await db
      .transaction()
      .execute((tx) => insertAttachment(tx, row, new Date(clock.now()), quotaBytes));
    if (insertion === 'full') {
      throw new AppError('too_large', 'unable to store the file; the space of its owner is used up');
    }
    return insertion === 'added';
  }

  async #repeated(ownerId: UserId, id: string): Promise<AttachmentView> {
    const row = await readAttachment(this.#ports.db, id);
    if (row?.ownerId === ownerId) return attachmentView(row);
    throw new AppError('conflict', 'unable to store the file; its id was used before');
  }

  /** Gives files to one message, all or none; throws `not_found` for those that are not the sender's or are another's. */
  claim(claim: Claim, ids: readonly string[]): Promise<AttachmentView[]> {
    const { db, clock } = this.#ports;
    return db.transaction().execute(async (tx) => {
      const rows = await claimAttachments(tx, claim, ids, new Date(clock.now()));
      const byId = new Map(rows.map((row) => [row.id, attachmentView(row)]));
      return [...new Set(ids)].map((id) => byId.get(id) ?? refuse());
    });
  }

  /** A file that a user may have now: his own before it is sent, later what he may read the message of. */
  async find(userId: UserId, id: string): Promise<AttachmentRow> {
    const { db } = this.#ports;
    return db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async (tx) => {
        const row = await readAttachment(tx, id);
        if (row === null) return refuse();
        if (row.channelId === null) return row.ownerId === userId ? row : refuse();
        const decision = decide(await accessOf(tx, userId, row.channelId), 'message.history');
        // Whoever may not read the message is not told that there is one.
        return decision instanceof AppError ? refuse() : row;
      });
  }

  /** Reads a part of a file. */
  read(row: AttachmentRow, range: { readonly start: number; readonly end: number }): Promise<Readable> {
    return this.#ports.blobs.read(row.key, range);
  }

  /** An address that works without a token for some minutes. */
  async urlOf(userId: UserId, id: string): Promise<OutputOf<'attachment.url'>> {
    await this.find(userId, id);
    const expiresAt = this.#ports.clock.now() + URL_LIFE_MS;
    const ticket = makeTicket(await this.#readSecret(), id, userId, expiresAt);
    return { url: `/v1/attachments/${id}?ticket=${ticket}`, expiresAt };
  }

  /** Who asks with a ticket; throws `unauthenticated` for one that is not good. */
  async holderOf(ticket: string, id: string): Promise<UserId> {
    const userId = readTicket(await this.#readSecret(), id, ticket, this.#ports.clock.now());
    if (userId === null) {
      throw new AppError('unauthenticated', 'unable to give the file; the address has expired or was changed');
    }
    return userId;
  }

  /** Starts to remove what nobody needs. */
  start(): void {
    this.#timer = this.#ports.clock.setInterval(() => {
      this.#collecting = this.#collecting
        .then(() => this.collect())
        .catch((error: unknown) => this.#ports.onFault(error));
    }, COLLECT_PERIOD_MS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#collecting;
  }

  /** Removes the bytes of deleted messages, and uploads that no message has named for a day. */
  async collect(): Promise<void> {
    const { db, blobs, clock } = this.#ports;
    await abandonOrphans(db, new Date(clock.now() - ORPHAN_MS), new Date(clock.now() - CLAIM_MS));
    const gone = await readGone(db, COLLECT_BATCH);
    // Bytes first: a row without bytes is tried again, bytes without a row are never found.
    for (const { keys } of gone) for (const key of keys) await blobs.remove(key);
    await forgetAttachments(
      db,
      gone.map(({ id }) => id),
    );
  }

  #readSecret(): Promise<string> {
    const secret = this.#secret ?? readUrlSecret(this.#ports.db, randomBytes(32).toString('base64url'));
    this.#secret = secret;
    secret.catch(() => {
      this.#secret = null;
    });
    return secret;
  }
}

/** What is known of a file once it is stored; throws where it may not be. */
function describe(ownerId: UserId, described: UploadDescription, { key, size, head }: StoredBlob): StoredAttachment {
  if (size === 0) throw new AppError('bad_request', 'unable to store the file; it is empty');
  const { type, pixels } = sniff(head, size <= HEAD_BYTES);
  if (pixels !== null && pixels.width * pixels.height > MAX_PIXELS) {
    throw new AppError('too_large', `unable to store the image; at most ${MAX_PIXELS} pixels`);
  }
  const isClip = type.startsWith('audio/') || type.startsWith('video/');
  return {
    id: described.id ?? randomUUID(),
    ownerId,
    key,
    name: cleanFileName(described.name),
    type,
    size,
    width: pixels?.width ?? null,
    height: pixels?.height ?? null,
    placeholder: null,
    thumbKey: null,
    thumbWidth: null,
    thumbHeight: null,
    durationMs: (isClip ? described.durationMs : undefined) ?? null,
    waveform: (isClip ? described.waveform : undefined) ?? null,
  };
}

function refuse(): never {
  throw new AppError('not_found', 'unable to find the attachment; there is none with this id');
}
