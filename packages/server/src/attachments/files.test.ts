import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteRange } from '../http/byte-range.ts';
import { cleanFileName, contentDisposition } from './file-name.ts';
import { isShown, sniff } from './sniff.ts';

/** The start of a PNG that says it has this size. */
function png(width: number, height: number): Buffer {
  const head = Buffer.alloc(64);
  head.write('\x89PNG\r\n\x1a\n', 'latin1');
  head.write('\0\0\0\rIHDR', 8, 'latin1');
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

const latin = (text: string) => Buffer.from(text, 'latin1');

test('[ATT5] names that lead elsewhere, hide what they are or cannot be saved become harmless ones', () => {
  const cases: [string, string][] = [
    ['../../etc/passwd', 'passwd'],
    ['..\\..\\boot.ini', 'boot.ini'],
    ['a\0b.txt', 'ab.txt'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    ['a\r\nSet-Cookie: x.png', 'aSet-Cookie_ x.png'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['report. . .', 'report'],
    ['.htaccess', 'htaccess'],
    ['say "hi".txt', 'say _hi_.txt'],
    ['', 'file'],
    ['...', 'file'],
    ['résumé.pdf', 'résumé.pdf'],
  ];
  for (const [given, clean] of cases) expect(cleanFileName(given)).toBe(clean);
  const long = cleanFileName(`${'日'.repeat(300)}.jpeg`);
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(200);
  expect(long.endsWith('日.jpeg')).toBe(true);
});

test('[ATT5] any name becomes one that is safe in a path and in a header, and stays as it is when cleaned again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (given) => {
      const name = cleanFileName(given);
      expect(name).not.toMatch(/^\.|[\p{Cc}/\\:]|[. ]$|^$/u);
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
      expect(cleanFileName(name)).toBe(name);
      if (!/\p{Cs}/u.test(name)) expect(contentDisposition('inline', name)).toMatch(/^[\x20-\x7e]+$/);
    }),
  );
});

test('[ATT2] a file is what its bytes say', () => {
  const cases: [Buffer, string][] = [
    [png(3, 4), 'image/png'],
    [latin('GIF89a\x02\0\x03\0=1;alert(1)//'), 'image/gif'],
    [latin('\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x05\0\x07'), 'image/jpeg'],
    [latin('RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x09\0\0\x13\0\0'), 'image/webp'],
    [latin('\0\0\0\x1cftypavif'), 'image/avif'],
    [latin('\0\0\0\x1cftypisom'), 'video/mp4'],
    [latin('\0\0\0\x1cftypM4A '), 'audio/mp4'],
    [latin('\x1aE\xdf\xa3\x01\0B\x82\x84webm'), 'video/webm'],
    [latin('OggS'), 'audio/ogg'],
    [latin('ID3\x04'), 'audio/mpeg'],
    [latin('RIFF\0\0\0\0WAVE'), 'audio/wav'],
    [latin('%PDF-1.7 <script>'), 'application/pdf'],
    [latin('<svg onload="alert(1)" xmlns="http://www.w3.org/2000/svg"/>'), 'text/plain'],
    [latin('<!doctype html><script>alert(1)</script>'), 'text/plain'],
    [latin('PK\x03\x04'), 'application/octet-stream'],
    [latin('MZ\x90\0'), 'application/octet-stream'],
    [latin('caf\xe9'), 'application/octet-stream'],
  ];
  for (const [bytes, type] of cases) expect(sniff(bytes, true).type).toBe(type);
  expect(isShown('text/plain') || isShown('application/pdf') || isShown('application/octet-stream')).toBe(false);
});

test('[ATT6] sizes of images are read, and nothing that is no image breaks the reader', () => {
  const size = (bytes: Buffer) => sniff(bytes, true).pixels;
  expect(size(png(2 ** 31, 1))).toEqual({ width: 2 ** 31, height: 1 });
  expect(size(latin('GIF89a\x02\0\x03\0'))).toEqual({ width: 2, height: 3 });
  expect(size(latin('\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x05\0\x07'))).toEqual({ width: 7, height: 5 });
  expect(size(latin('RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x09\0\0\x13\0\0'))).toEqual({ width: 10, height: 20 });
  const heads = fc.constantFrom(
    '\x89PNG\r\n\x1a\n',
    'GIF89a',
    '\xff\xd8\xff',
    'RIFF1234WEBPVP8L',
    '\0\0\0\0ftypavifispe',
  );
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
      sniff(Buffer.concat([latin(head), rest]), true);
    }),
  );
});

test('[ATT1] one range is given, several or odd ones are answered with the whole file', () => {
  expect(byteRange('bytes=0-0', 10)).toEqual({ start: 0, end: 0 });
  expect(byteRange('bytes=5-', 10)).toEqual({ start: 5, end: 9 });
  expect(byteRange('bytes=-3', 10)).toEqual({ start: 7, end: 9 });
  expect(byteRange('bytes=2-99', 10)).toEqual({ start: 2, end: 9 });
  expect(byteRange('bytes=10-', 10)).toBe('unsatisfiable');
  for (const odd of ['bytes=5-2', 'bytes=0-1,3-4', 'bytes=-', 'lines=1-2', 'bytes=a-b'])
    expect(byteRange(odd, 10)).toBeNull();
});
