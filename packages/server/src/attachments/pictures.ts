import type sharp from 'sharp';
import type { Sharp } from 'sharp';

/** What a picture looks like, as far as its library could tell. */
export interface PictureFacts {
  /** As it is shown: turned as its camera says. */
  readonly width: number;
  readonly height: number;
  /** A `data:` address of a few pixels. */
  readonly placeholder: string;
  /** A small version, where the picture is much larger than that. */
  readonly thumbnail: { readonly bytes: Buffer; readonly width: number; readonly height: number } | null;
}

/** Gives the bytes of a picture when it is looked at. */
export type ReadPicture = () => Promise<Buffer>;

/**
 * Tells what a picture looks like; null for one that it cannot, or has no time to, look at. Never throws. Bytes are read when
 * their turn comes and let go after it: of all that are uploaded at once, one is in memory.
 */
export type LookAtPicture = (read: ReadPicture) => Promise<PictureFacts | null>;

/** The type of all small versions. */
export const THUMBNAIL_TYPE = 'image/webp';
/** Twice what a message shows, for dense screens. */
const THUMBNAIL_PIXELS = 720;
const PLACEHOLDER_PIXELS = 16;
/** A picture of fewer bytes is as quick as its small version. */
const SMALL_BYTES = 60_000;
const TIMEOUT_S = 10;
/** Pictures that wait for their turn; beyond them one goes without a small version. */
const MAX_WAITING = 16;
const READERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}`);

/**
 * Loads the library for pictures, if it is installed: without it originals are shown. It reads the formats of `sniff` and no others,
 * one picture at a time, so that uploads leave the processor to messages.
 */
export async function loadPictures(maxPixels: number): Promise<LookAtPicture | null> {
  const open = await loadSharp();
  if (open === null) return null;
  open.block({ operation: ['VipsForeignLoad'] });
  open.unblock({ operation: READERS });
  open.cache(false);
  open.concurrency(1);
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async (read) => {
    if (waiting >= MAX_WAITING) return null;
    waiting += 1;
    const turn = last.then(async () => look(open, await read(), maxPixels)).catch(() => null);
    // What the turn found is not kept until the next one.
    last = turn.then(() => {});
    const facts = await turn;
    waiting -= 1;
    return facts;
  };
}

async function loadSharp(): Promise<typeof sharp | null> {
  try {
    return (await import('sharp')).default;
  } catch {
    return null;
  }
}

async function look(open: typeof sharp, bytes: Buffer, maxPixels: number): Promise<PictureFacts | null> {
  const read = (): Sharp =>
    open(bytes, { limitInputPixels: maxPixels, sequentialRead: true }).timeout({ seconds: TIMEOUT_S }).autoOrient();
  const { autoOrient, pages = 1 } = await read().metadata();
  const small = await read()
    .resize(PLACEHOLDER_PIXELS, PLACEHOLDER_PIXELS, { fit: 'inside' })
    .webp({ quality: 30, alphaQuality: 30, effort: 6 })
    .toBuffer();
  const isLarge = Math.max(autoOrient.width, autoOrient.height) > THUMBNAIL_PIXELS || bytes.length > SMALL_BYTES;
  return {
    width: autoOrient.width,
    height: autoOrient.height,
    placeholder: `data:${THUMBNAIL_TYPE};base64,${small.toString('base64')}`,
    // What moves would stand still in its small version.
    thumbnail: isLarge && pages === 1 ? await shrink(read()) : null,
  };
}

async function shrink(picture: Sharp): Promise<PictureFacts['thumbnail']> {
  const { data, info } = await picture
    .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 78 })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}
