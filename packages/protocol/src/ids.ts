declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Ids are UUIDs in lower case (version 7 where Parley makes them); on the wire they are opaque strings. */
export type UserId = Branded<'user'>;
export type ChannelId = Branded<'channel'>;
export type MessageId = Branded<'message'>;
export type SessionId = Branded<'session'>;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes a UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits, so ids sort by time and need no coordination.
 * `fillRandom` and `nowMs` are passed in by simulations; everyone else uses the defaults.
 */
export function makeUuid(
  nowMs: number = Date.now(),
  fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => crypto.getRandomValues(bytes),
): string {
  const bytes = new Uint8Array(16);
  fillRandom(bytes);
  let time = nowMs;
  for (let index = 5; index >= 0; index--) {
    bytes[index] = time % 256;
    time = Math.floor(time / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  let text = '';
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += '-';
    text += HEX[bytes[index] ?? 0];
  }
  return text;
}
