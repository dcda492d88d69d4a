import type { Wire } from '../src/outbox/wire.ts';

/** A socket whose reader takes bytes only as told. */
export class FakeWire implements Wire {
  destroyed = false;
  /** Each buffer as it was written. */
  readonly writes: Buffer[] = [];
  /** Bytes that the reader takes before it stalls. */
  #room: number;
  #unsent = 0;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.#room = room;
  }

  write(data: Buffer): boolean {
    this.writes.push(data);
    this.#unsent += data.length;
    this.read(0);
    return this.#unsent === 0;
  }

  get writableLength(): number {
    return this.#unsent;
  }

  /** Gives the reader room for more bytes. */
  read(bytes: number): void {
    this.#room += bytes;
    const taken = Math.min(this.#room, this.#unsent);
    this.#room -= taken;
    this.#unsent -= taken;
  }

  /** All that was written, in order. */
  get bytes(): Buffer {
    return Buffer.concat(this.writes);
  }
}

/** The texts of unmasked text frames, which must be whole. */
export function decodeFrames(bytes: Buffer): string[] {
  const texts: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] !== 0x81) throw new Error(`no text frame at byte ${at}`);
    let length = bytes[at + 1] ?? 0;
    let start = at + 2;
    if (length === 126) {
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (start + length > bytes.length) throw new Error(`frame at byte ${at} is cut`);
    texts.push(bytes.toString('utf8', start, start + length));
    at = start + length;
  }
  return texts;
}
