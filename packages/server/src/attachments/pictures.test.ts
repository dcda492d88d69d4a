import sharp, { type Sharp } from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { present } from '../lib/assert.ts';
import { type LookAtPicture, loadPictures, type ReadPicture } from './pictures.ts';

let look: LookAtPicture;
beforeAll(async () => {
  look = present(await loadPictures(4_000_000), 'the library for pictures');
});

const given =
  (bytes: Buffer): ReadPicture =>
  () =>
    Promise.resolve(bytes);

/** Left half red, right half blue. */
async function picture(width: number, height: number): Promise<Sharp> {
  const red = await sharp({ create: { width: Math.ceil(width / 2), height, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const canvas = sharp({ create: { width, height, channels: 3, background: 'blue' } });
  return canvas.composite([{ input: red, left: 0, top: 0 }]);
}

async function pixelOf(bytes: Buffer, left: number, top: number): Promise<number[]> {
  const { data } = await sharp(bytes)
    .extract({ left, top, width: 1, height: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data].slice(0, 3).map((value) => Math.round(value / 64) * 64);
}

test('[ATT11] a large photograph gets a small version that stands upright and tells nothing of its camera', async () => {
  const bytes = await (await picture(1_600, 800))
    .withMetadata({ orientation: 6 })
    .withExif({ IFD0: { Make: 'Camera', Copyright: 'somebody' }, IFD3: { GPSLatitudeRef: 'N' } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 95 })
    .toBuffer();
  const facts = present(await look(given(bytes)), 'facts');
  expect([facts.width, facts.height]).toEqual([800, 1_600]);
  const thumbnail = present(facts.thumbnail, 'thumbnail');
  expect([thumbnail.width, thumbnail.height]).toEqual([360, 720]);
  const { format, exif, width, height } = await sharp(thumbnail.bytes).metadata();
  expect([format, exif, width, height]).toEqual(['webp', undefined, 360, 720]);
  // Turned by a quarter: what was left is above.
  expect(await pixelOf(thumbnail.bytes, 180, 100)).toEqual([256, 0, 0]);
  expect(await pixelOf(thumbnail.bytes, 180, 620)).toEqual([0, 0, 256]);
});

test('[ATT11] the placeholder is a tiny picture of the same shape', async () => {
  const facts = present(await look(given(await (await picture(64, 32)).png().toBuffer())), 'facts');
  expect(facts.thumbnail).toBeNull();
  expect(facts.placeholder.length).toBeLessThan(400);
  const bytes = Buffer.from(facts.placeholder.replace('data:image/webp;base64,', ''), 'base64');
  const { width, height } = await sharp(bytes).metadata();
  expect([width, height]).toEqual([16, 8]);
});

test('[ATT11] what moves keeps moving', async () => {
  const frames = await Promise.all(
    ['red', 'blue'].map((background) =>
      sharp({ create: { width: 900, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const bytes = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const facts = present(await look(given(bytes)), 'facts');
  expect([facts.width, facts.height, facts.thumbnail]).toEqual([900, 10, null]);
});

test('[ATT11] what is broken, too wide, or no picture of ours is not looked at, and harms nothing', async () => {
  const whole = await (await picture(800, 800)).png().toBuffer();
  const svg = Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="900"><rect width="9" height="9"/></svg>',
  );
  const wide = await sharp({ create: { width: 4_000, height: 2_000, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const answers = await Promise.all(
    [whole.subarray(0, 60), svg, wide, Buffer.alloc(0), Buffer.from('\xff\xd8\xff', 'latin1')].map((bytes) =>
      look(given(bytes)),
    ),
  );
  expect(answers).toEqual([null, null, null, null, null]);
  expect(await look(given(whole))).not.toBeNull();
});

test('[ATT11] of very many that come at once some go without', async () => {
  const bytes = await (await picture(30, 30)).png().toBuffer();
  const facts = await Promise.all(Array.from({ length: 40 }, () => look(given(bytes))));
  expect(facts.filter((one) => one === null).length).toBe(40 - 16);
});

test('[ATT12] of very many that come at once one is in memory, and those that go without are not read', async () => {
  const bytes = await (await picture(30, 30)).png().toBuffer();
  let reads = 0;
  let inMemory = 0;
  let most = 0;
  const read: ReadPicture = () => {
    reads += 1;
    inMemory += 1;
    most = Math.max(most, inMemory);
    return Promise.resolve(bytes);
  };
  const looks = Array.from({ length: 40 }, async () => {
    const facts = await look(read);
    if (facts !== null) inMemory -= 1;
  });
  await Promise.all(looks);
  expect(reads).toBe(16);
  // The next one is read while the facts of the last are on their way to who asked.
  expect(most).toBeLessThanOrEqual(2);
});

test('[ATT11] a picture whose bytes cannot be read goes without, and the next one has its turn', async () => {
  const bytes = await (await picture(30, 30)).png().toBuffer();
  const [lost, found] = await Promise.all([look(() => Promise.reject(new Error('away'))), look(given(bytes))]);
  expect(lost).toBeNull();
  expect(found).not.toBeNull();
});
