import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { LIMITS } from '@parley/protocol';
import type { HostileCase, HostileCategory } from './hostile-case.ts';
import type { Target } from './target.ts';

/** One WebSocket frame, written by hand so that any part of it can be wrong. */
interface RawFrame {
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly opcode: number;
  readonly isMasked?: boolean;
  readonly payload?: Buffer | string;
  /** In place of the payload's length, in 7 bits, 16 bits or 64 bits. */
  readonly length?: { readonly bits: 7 | 16 | 64; readonly value: number | bigint };
}

function frame({ fin = true, reserved = 0, opcode, isMasked = true, payload = '', length }: RawFrame): Buffer {
  const bytes = Buffer.from(payload);
  const bits = length?.bits ?? (bytes.length < 126 ? 7 : bytes.length < 65_536 ? 16 : 64);
  const value = length?.value ?? bytes.length;
  const head = Buffer.alloc(2 + (bits === 7 ? 0 : bits / 8));
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (isMasked ? 0x80 : 0) | (bits === 7 ? Number(value) : bits === 16 ? 126 : 127);
  if (bits === 16) head.writeUInt16BE(Number(value), 2);
  if (bits === 64) head.writeBigUInt64BE(BigInt(value), 2);
  if (!isMasked) return Buffer.concat([head, bytes]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const CONTINUATION = 0;

const ping = JSON.stringify({ t: 'ping' });
const text = (payload: Buffer | string, more: Partial<RawFrame> = {}) => frame({ opcode: TEXT, payload, ...more });
const closing = (code: number, reason: Buffer | string = '') => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame({ opcode: CLOSE, payload: Buffer.concat([head, Buffer.from(reason)]) });
};

/** What ends it: the server closes, or it answers `t: pong` and goes on. */
type Ending = 'closes' | 'goes on' | 'either';

interface FramingCase {
  readonly name: string;
  readonly bytes: readonly Buffer[];
  readonly ending: Ending;
}

/** UTF-8 as in the stress test of Markus Kuhn, by which the Autobahn cases 6 go: each alone inside a text. */
const BAD_UTF8: readonly (readonly number[])[] = [
  ...Array.from({ length: 64 }, (_, index) => [0x80 + index]),
  ...Array.from({ length: 32 }, (_, index) => [0xc0 + index, 0x20]),
  ...Array.from({ length: 16 }, (_, index) => [0xe0 + index, 0x20]),
  ...Array.from({ length: 8 }, (_, index) => [0xf0 + index, 0x20]),
  [0xc0, 0xaf],
  [0xe0, 0x80, 0xaf],
  [0xf0, 0x80, 0x80, 0xaf],
  [0xf8, 0x80, 0x80, 0x80, 0xaf],
  [0xfc, 0x80, 0x80, 0x80, 0x80, 0xaf],
  [0xc1, 0xbf],
  [0xe0, 0x9f, 0xbf],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xad, 0xbf],
  [0xed, 0xae, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf7, 0xbf, 0xbf, 0xbf],
  [0xfe],
  [0xff],
  [0xce],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x92],
];

const CASES: readonly FramingCase[] = [
  // Lengths of Autobahn 1: text that is no command, at the borders of the three ways to write a length.
  ...[0, 1, 125, 126, 127, 128, 65_535, 65_536].map((length) => ({
    name: `text of ${length} bytes`,
    bytes: [text('x'.repeat(length))],
    ending: 'goes on' as const,
  })),
  ...[0, 1, 125, 126, 65_535, 65_536].map((length) => ({
    name: `binary of ${length} bytes`,
    bytes: [frame({ opcode: BINARY, payload: Buffer.alloc(length) })],
    ending: 'closes' as const,
  })),
  { name: 'one byte too many', bytes: [text('x'.repeat(LIMITS.frameBytes + 1))], ending: 'closes' },
  ...([7, 16, 64] as const).map((bits) => ({
    name: `a short text with its length in ${bits} bits`,
    bytes: [text(ping, { length: { bits, value: ping.length } })],
    ending: 'either' as const,
  })),
  ...[2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map((value) => ({
    name: `a text declared as ${value} bytes`,
    bytes: [text('x', { length: { bits: 64, value } })],
    ending: 'closes' as const,
  })),
  // Autobahn 2: pings and pongs.
  ...[0, 1, 125].map((length) => ({
    name: `a ping of ${length} bytes`,
    bytes: [frame({ opcode: PING, payload: Buffer.alloc(length, 0xfe) })],
    ending: 'goes on' as const,
  })),
  ...[126, 65_535].map((length) => ({
    name: `a ping of ${length} bytes`,
    bytes: [frame({ opcode: PING, payload: Buffer.alloc(length) })],
    ending: 'closes' as const,
  })),
  { name: 'a pong nobody asked for', bytes: [frame({ opcode: PONG, payload: 'x' })], ending: 'goes on' },
  { name: 'a ping in pieces', bytes: [frame({ opcode: PING, fin: false })], ending: 'closes' },
  {
    name: '1,000 pings at once',
    bytes: [Buffer.concat(Array.from({ length: 1_000 }, () => frame({ opcode: PING })))],
    ending: 'either',
  },
  {
    name: '1,000 pongs at once',
    bytes: [Buffer.concat(Array.from({ length: 1_000 }, () => frame({ opcode: PONG })))],
    ending: 'goes on',
  },
  // Autobahn 3 and 4: reserved bits and opcodes.
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((reserved) =>
    [TEXT, BINARY, PING, CLOSE, CONTINUATION].map((opcode) => ({
      name: `reserved bits ${reserved} with opcode ${opcode}`,
      bytes: [frame({ opcode, reserved, payload: opcode === TEXT ? ping : '' })],
      ending: 'closes' as const,
    })),
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    bytes: [frame({ opcode, payload: 'x' })],
    ending: 'closes' as const,
  })),
  // Autobahn 5: fragments.
  {
    name: 'a command in two pieces',
    bytes: [text(ping.slice(0, 5), { fin: false }), frame({ opcode: CONTINUATION, payload: ping.slice(5) })],
    ending: 'goes on',
  },
  {
    name: 'a ping between two pieces',
    bytes: [
      text(ping.slice(0, 5), { fin: false }),
      frame({ opcode: PING }),
      frame({ opcode: CONTINUATION, payload: ping.slice(5) }),
    ],
    ending: 'goes on',
  },
  { name: 'a piece of nothing', bytes: [frame({ opcode: CONTINUATION, payload: 'x' })], ending: 'closes' },
  {
    name: 'a piece of nothing, with more to come',
    bytes: [frame({ opcode: CONTINUATION, fin: false, payload: 'x' })],
    ending: 'closes',
  },
  { name: 'a text within a text', bytes: [text('x', { fin: false }), text('y')], ending: 'closes' },
  {
    name: 'a binary within a text',
    bytes: [text('x', { fin: false }), frame({ opcode: BINARY, payload: 'y' })],
    ending: 'closes',
  },
  {
    name: 'one byte in each piece, up to the limit',
    bytes: [
      text('', { fin: false }),
      ...Array.from({ length: LIMITS.frameFragments - 2 }, () =>
        frame({ opcode: CONTINUATION, fin: false, payload: 'x' }),
      ),
      frame({ opcode: CONTINUATION, payload: '' }),
    ],
    ending: 'goes on',
  },
  ...[1, 0].map((bytes) => ({
    name: `pieces of ${bytes} bytes without an end`,
    bytes: [
      text('', { fin: false }),
      ...Array.from({ length: 100 }, () => frame({ opcode: CONTINUATION, fin: false, payload: 'x'.repeat(bytes) })),
    ],
    ending: 'closes' as const,
  })),
  // Autobahn 6: text that is no UTF-8, and text that is.
  ...BAD_UTF8.map((bytes) => ({
    name: `no UTF-8: ${Buffer.from(bytes).toString('hex')}`,
    bytes: [text(Buffer.concat([Buffer.from('{"t":"'), Buffer.from(bytes), Buffer.from('"}')]))],
    ending: 'closes' as const,
  })),
  ...['κόσμε', '\u{10ffff}', '\ufffe', '\uffff', '\ud7ff', '\ue000', '\u0000', '\u{1f600}'].map((good) => ({
    name: `UTF-8: ${Buffer.from(good).toString('hex')}`,
    bytes: [text(`{"t":"${good}"}`)],
    ending: 'goes on' as const,
  })),
  {
    name: 'a character in two pieces',
    bytes: [text(Buffer.from([0xce]), { fin: false }), frame({ opcode: CONTINUATION, payload: Buffer.from([0xba]) })],
    ending: 'goes on',
  },
  // Autobahn 7: closing.
  { name: 'a close without a word', bytes: [frame({ opcode: CLOSE })], ending: 'closes' },
  { name: 'a close of one byte', bytes: [frame({ opcode: CLOSE, payload: 'x' })], ending: 'closes' },
  { name: 'a close of 126 bytes', bytes: [frame({ opcode: CLOSE, payload: Buffer.alloc(126) })], ending: 'closes' },
  {
    name: 'a close with a reason that is no UTF-8',
    bytes: [closing(1000, Buffer.from([0xce, 0xff]))],
    ending: 'closes',
  },
  ...[
    0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1015, 1016, 1100, 2000, 2999,
    3000, 3999, 4000, 4999, 5000, 65_535,
  ].map((code) => ({
    name: `a close with code ${code}`,
    bytes: [closing(code)],
    ending: 'closes' as const,
  })),
  { name: 'a command after the close', bytes: [closing(1000), text(ping)], ending: 'closes' },
  { name: 'two closes', bytes: [closing(1000), closing(1000)], ending: 'closes' },
  // Beyond them.
  { name: 'a text without its mask', bytes: [text(ping, { isMasked: false })], ending: 'closes' },
  { name: 'half a header, and then the end', bytes: [Buffer.from([0x81])], ending: 'either' },
  {
    name: 'a deflated text, which nobody agreed on',
    bytes: [text(randomBytes(40), { reserved: 4 })],
    ending: 'closes',
  },
  {
    name: '20 commands in one packet',
    bytes: [Buffer.concat(Array.from({ length: 20 }, () => text(ping)))],
    ending: 'goes on',
  },
  { name: 'a command byte by byte', bytes: [...text(ping)].map((byte) => Buffer.from([byte])), ending: 'goes on' },
];

const HEAD = (port: number) =>
  [
    'GET /v1/socket HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');

const END_MS = 20_000;
/** A close frame of the server with a code; it waits a while for the client's own before it lets go. */
function hasCloseFrame(said: string): boolean {
  const bytes = Buffer.from(said, 'latin1');
  for (let at = bytes.indexOf(0x88); at >= 0; at = bytes.indexOf(0x88, at + 1)) {
    const length = bytes[at + 1] ?? 0;
    const code = bytes.length >= at + 4 ? bytes.readUInt16BE(at + 2) : 0;
    if (length >= 2 && length <= 125 && ((code >= 1000 && code <= 1015) || (code >= 4000 && code <= 4999))) return true;
  }
  return false;
}

/** Opens a socket by hand, says hello and waits for the sync. */
async function open(
  target: Target,
  token: string,
): Promise<{ socket: Socket; said: () => string; closed: Promise<void> }> {
  const socket = connect({ port: target.process.port, host: '127.0.0.1', noDelay: true });
  let said = '';
  socket.on('data', (bytes) => {
    said += bytes.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(HEAD(target.process.port));
  socket.write(text(JSON.stringify({ t: 'hello', protocol: 1, token })));
  await until(() => said.includes('"done":true'), closed);
  return { socket, said: () => said, closed };
}

async function until(holds: () => boolean, closed: Promise<void>): Promise<void> {
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  const deadline = performance.now() + END_MS;
  while (!holds()) {
    if (isClosed) throw new Error('the socket was closed before that');
    if (performance.now() > deadline) throw new Error('waited in vain');
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
}

async function runFraming(target: Target, { bytes, ending }: FramingCase): Promise<void> {
  const { socket, said, closed } = await open(target, target.ann.token);
  const before = said().split('"t":"pong"').length;
  for (const piece of bytes) socket.write(piece);
  if (ending === 'either') socket.end();
  else socket.write(text(ping));
  try {
    if (ending === 'goes on') await until(() => said().split('"t":"pong"').length > before, closed);
    else await Promise.race([closed, until(() => hasCloseFrame(said()), closed)]);
    if (ending === 'closes' && said().split('"t":"pong"').length > before)
      throw new Error('a command behind the fault was answered');
  } finally {
    socket.destroy();
  }
}

/** The framing cases of Autobahn, and some more, from a raw socket that has a session. */
export const FRAMING: HostileCategory = {
  letter: 'W1',
  title: 'WebSocket framing, as the Autobahn cases',
  cases: () => CASES.map((one): HostileCase => ({ name: one.name, run: (target) => runFraming(target, one) })),
};
