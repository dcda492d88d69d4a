const SHORT_HEADER = 2;

/** Takes the bytes of unmasked text frames as they come, in whatever pieces, and gives the texts that are whole. */
export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  read(piece: Buffer): string[] {
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    const texts: string[] = [];
    for (;;) {
      const frame = this.#next();
      if (frame === null) return texts;
      texts.push(frame);
    }
  }

  #next(): string | null {
    const bytes = this.#bytes;
    if (bytes.length < SHORT_HEADER) return null;
    if (bytes[0] !== 0x81) throw new Error('the server wrote something that is no text frame');
    const short = bytes[1] ?? 0;
    const start = short === 127 ? 10 : short === 126 ? 4 : SHORT_HEADER;
    if (bytes.length < start) return null;
    const length = short === 127 ? bytes.readUInt32BE(6) : short === 126 ? bytes.readUInt16BE(2) : short;
    if (bytes.length < start + length) return null;
    this.#bytes = bytes.subarray(start + length);
    return bytes.toString('utf8', start, start + length);
  }
}
