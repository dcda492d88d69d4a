import { imageSize, type PixelSize } from './image-size.ts';

/** What a file is by its content, whatever its name and its sender say. */
export interface Sniffed {
  readonly type: string;
  readonly pixels: PixelSize | null;
}

/** Types that a browser may show in place: none of them can hold a script that it would run. */
const SHOWN: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'video/mp4',
  'video/webm',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/mp4',
]);

const UNKNOWN = 'application/octet-stream';
/** Controls that no text file needs; tab, line feed, form feed and carriage return it does. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point.
const BINARY = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/;

/** True for types that may be shown in place; everything else is only ever saved. */
export function isShown(type: string): boolean {
  return SHOWN.has(type);
}

/** Tells the type from the first bytes. `isWhole` says that there are no others. */
export function sniff(head: Buffer, isWhole: boolean): Sniffed {
  const type = typeOf(head, isWhole);
  return { type, pixels: type.startsWith('image/') ? imageSize(head, type) : null };
}

function typeOf(head: Buffer, isWhole: boolean): string {
  const text = (start: number, end: number) => head.toString('latin1', start, end);
  if (text(0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png';
  if (text(0, 3) === '\xff\xd8\xff') return 'image/jpeg';
  if (text(0, 6) === 'GIF87a' || text(0, 6) === 'GIF89a') return 'image/gif';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP') return 'image/webp';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'audio/wav';
  if (text(0, 5) === '%PDF-') return 'application/pdf';
  if (text(4, 8) === 'ftyp') return brandOf(text(8, 12));
  if (text(0, 4) === '\x1aE\xdf\xa3') return text(4, 64).includes('webm') ? 'video/webm' : UNKNOWN;
  if (text(0, 4) === 'OggS') return 'audio/ogg';
  if (text(0, 3) === 'ID3' || isMpegAudio(head)) return 'audio/mpeg';
  return isText(head, isWhole) ? 'text/plain' : UNKNOWN;
}

function brandOf(brand: string): string {
  if (brand === 'avif' || brand === 'avis') return 'image/avif';
  if (brand === 'M4A ' || brand === 'M4B ') return 'audio/mp4';
  return /^(?:isom|iso[2-9]|mp4[12]|avc1|M4V |dash|MSNV)$/.test(brand) ? 'video/mp4' : UNKNOWN;
}

/** A frame header of MPEG layer III whose version, bit rate and sample rate exist. */
function isMpegAudio(head: Buffer): boolean {
  const [sync = 0, version = 0, rates = 0] = head;
  const isLayer3 = sync === 0xff && (version & 0xe6) === 0xe2 && (version & 0x18) !== 0x08;
  return isLayer3 && rates >> 4 !== 0xf && rates >> 4 !== 0 && ((rates >> 2) & 3) !== 3;
}

function isText(head: Buffer, isWhole: boolean): boolean {
  try {
    // A head may end within a character; a whole file may not.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: !isWhole });
    return !BINARY.test(text);
  } catch {
    return false;
  }
}
