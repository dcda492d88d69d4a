import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { AttachmentView, InputOf, OutputOf, UserId } from '@parley/protocol';
import { accessOf } from '../channels/granted.ts';
import { decide } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import {
  type AttachmentRow,
  attachmentView,
  type Claim,
  claimAttachments,
  insertAttachment,
  readAttachment,
  readUrlSecret,
  type StoredAttachment,
} from './attachment-store.ts';
import { type BlobStore, type ByteRange, HEAD_BYTES, type StoredBlob } from './blob-store.ts';
import { cleanFileName } from './file-name.ts';
import type { LookAtPicture } from './pictures.ts';
import { sniff } from './sniff.ts';
import { makeTicket, readTicket } from './ticket.ts';

/** More would take a browser gigabytes to show. */
export const MAX_PIXELS = 100_000_000;
/** Larger pictures are kept as they are: looking at one takes its bytes into memory. */
const MAX_PICTURE_BYTES = 67_108_864;
const URL_LIFE_MS = 300_000;

/** What the sender of a file says of it. */
export interface UploadDescription {
  /** Made by the client, so that a repeat can be told; made here when left out. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly durationMs?: number | undefined;
  readonly waveform?: readonly number[] | undefined;
}

type Picture = Pick<StoredAttachment, 'width' | 'height' | 'placeholder' | 'thumbKey' | 'thumbWidth' | 'thumbHeight'>;

export interface AttachmentPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  /** Loads what looks at pictures when the first one comes; null where there is no such thing. */
  readonly pictures: () => Promise<LookAtPicture | null>;
  readonly maxBytes: number;
  readonly quotaBytes: number;
}

/** Files that messages carry: taken in, claimed by one message, given to those who may read it, and gone with it (see `FileCollector`). */
export class Attachments {
  readonly #ports: AttachmentPorts;
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
    const stored = [blob.key];
    try {
      const file = describe(ownerId, described, blob);
      const picture = await this.#lookAt(file);
      if (picture.thumbKey !== null) stored.push(picture.thumbKey);
      const row = { ...file, ...picture };
      if (await this.#record(row)) return attachmentView(row);
    } catch (error) {
      await this.#removeAll(stored);
      throw error;
    }
    await this.#removeAll(stored);
    return this.#repeated(ownerId, described.id ?? '');
  }

  async #lookAt(file: StoredAttachment): Promise<Picture> {
    const { blobs, pictures } = this.#ports;
    const none = {
      width: file.width,
      height: file.height,
      placeholder: null,
      thumbKey: null,
      thumbWidth: null,
      thumbHeight: null,
    };
    if (!file.type.startsWith('image/') || file.size > MAX_PICTURE_BYTES) return none;
    const look = await pictures();
    const facts = look === null ? null : await look(async () => buffer(await blobs.read(file.key)));
    if (facts === null) return none;
    const { width, height, placeholder, thumbnail } = facts;
    if (thumbnail === null) return { ...none, width, height, placeholder };
    const { key } = await blobs.write(Readable.from([thumbnail.bytes]), thumbnail.bytes.length);
    return { width, height, placeholder, thumbKey: key, thumbWidth: thumbnail.width, thumbHeight: thumbnail.height };
  }

  async #removeAll(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#ports.blobs.remove(key);
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
  read(row: AttachmentRow, range: ByteRange): Promise<Readable> {
    return this.#ports.blobs.read(row.key, range);
  }

  /** The small version of a picture; throws `not_found` where there is none. */
  async readThumbnail(row: AttachmentRow): Promise<Buffer> {
    if (row.thumbKey === null) throw new AppError('not_found', 'unable to find the thumbnail; there is none');
    return buffer(await this.#ports.blobs.read(row.thumbKey));
  }

  /** An address that works without a token for some minutes. */
  async urlOf(
    userId: UserId,
    { attachmentId: id, variant }: InputOf<'attachment.url'>,
  ): Promise<OutputOf<'attachment.url'>> {
    await this.find(userId, id);
    const expiresAt = this.#ports.clock.now() + URL_LIFE_MS;
    const ticket = makeTicket(await this.#readSecret(), id, userId, expiresAt);
    const wanted = variant === 'thumbnail' ? '&variant=thumbnail' : '';
    return { url: `/v1/attachments/${id}?ticket=${ticket}${wanted}`, expiresAt };
  }

  /** Who asks with a ticket; throws `unauthenticated` for one that is not good. */
  async holderOf(ticket: string, id: string): Promise<UserId> {
    const userId = readTicket(await this.#readSecret(), id, ticket, this.#ports.clock.now());
    if (userId === null) {
      throw new AppError('unauthenticated', 'unable to give the file; the address has expired or was changed');
    }
    return userId;
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
