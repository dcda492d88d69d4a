const FIN_TEXT = 0x81;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** A WebSocket text frame, header included, encoded once and shared by every socket that gets it. */
export interface Frame {
  /** Header and payload, ready for the wire. Nobody may change them: many sockets send the same bytes. */
  readonly bytes: Buffer;
  /** True when the frame may be lost (typing, presence); false when it must arrive or the socket must end. */
  readonly ephemeral: boolean;
}

/** Encodes a JSON text as one unmasked, unfragmented server frame (RFC 6455, section 5.2). */
export function encodeFrame(json: string, ephemeral = false): Frame {
  const length = Buffer.byteLength(json);
  const offset = length < LENGTH_16 ? 2 : length < 0x1_0000 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(offset + length);
  bytes[0] = FIN_TEXT;
  if (offset === 2) {
    bytes[1] = length;
  } else if (offset === 4) {
    bytes[1] = LENGTH_16;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = LENGTH_64;
    bytes.writeUInt32BE(0, 2);
    bytes.writeUInt32BE(length, 6);
  }
  bytes.write(json, offset);
  return { bytes, ephemeral };
}
