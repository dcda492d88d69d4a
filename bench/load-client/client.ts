/**
 * The load client for machines without a C compiler: the same arguments, output lines and JSON as `client.c`, which
 * says what they mean. Node needs about as much processor to read as the server to write: look at `cpuShare`.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const MARKER = /~t([0-9a-f]{16})~/g;
const HANDSHAKES = 64;

interface Step {
  kind: string;
  text: string;
}

const settings = new Map<string, string>();
const headers: string[] = [];
const steps: Step[] = [];
for (const argument of process.argv.slice(2)) {
  const at = argument.indexOf('=');
  const [key, value] = [argument.slice(0, at), argument.slice(at + 1)];
  if (key === 'header') headers.push(value);
  else if (key === 'say' || key === 'wait') steps.push({ kind: key, text: value });
  else settings.set(key, value);
}
const text = (key: string, fallback: string): string => settings.get(key) ?? fallback;
const figure = (key: string, fallback: number): number => Number(settings.get(key) ?? fallback);

const port = figure('port', 0);
const subscriberCount = figure('subscribers', 100);
const senderCount = figure('senders', 8);
const observerCount = Math.min(figure('observers', 4), subscriberCount);
const inFlight = figure('in-flight', 16);
const rate = figure('rate', 0);
const template = text('send', '{"type":"send","text":"%m"}');
const keys = settings.has('keys') ? readFileSync(text('keys', ''), 'utf8').trim().split('\n') : [];

const totals = { ready: 0, sent: 0, completed: 0, bytes: 0, observedMessages: 0, observedBytes: 0 };
const state = { counting: false, sampling: false, sending: false, sequence: 0 };
const samples: number[] = [];

const nowUs = (): number => Math.round(performance.now() * 1000);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function fill(pattern: string, index: number, timeUs = 0): string {
  return pattern.replace(/%[minuk]/g, (name) => {
    if (name === '%m') return `~t${timeUs.toString(16).padStart(16, '0')}~`;
    if (name === '%i') return `${index}`;
    if (name === '%n') return `${state.sequence}`;
    if (name === '%u') return createUuid7();
    return keys.length > 0 ? (keys[index % keys.length] ?? '') : name;
  });
}

function createUuid7(): string {
  const ms = Date.now().toString(16).padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
}

/** A masked frame with the mask zero, which leaves the payload as it is. */
function encode(opcode: number, payload: Buffer): Buffer {
  const length = payload.length;
  const header = Buffer.alloc(length < 126 ? 6 : 8);
  header[0] = 0x80 | opcode;
  header[1] = 0x80 | Math.min(length, 126);
  if (length >= 126) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, payload]);
}

class Connection {
  bytes = 0;
  readonly #index: number;
  readonly #isObserver: boolean;
  readonly #isLastObserver: boolean;
  readonly #isSender: boolean;
  readonly #socket: Socket;
  #input: Buffer = Buffer.alloc(0);
  #step = 0;
  #phase: 'upgrading' | 'script' | 'ready' = 'upgrading';
  #onReady: () => void = () => {};
  readonly ready = new Promise<void>((resolve) => {
    this.#onReady = resolve;
  });

  constructor(index: number) {
    this.#index = index;
    this.#isSender = index >= subscriberCount;
    const places = Array.from({ length: observerCount }, (_, i) =>
      observerCount === 1 ? subscriberCount - 1 : Math.trunc(((subscriberCount - 1) * i) / (observerCount - 1)),
    );
    this.#isObserver = places.includes(index);
    this.#isLastObserver = places.at(-1) === index;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => this.#upgrade());
    this.#socket.on('data', (data) => this.#onData(data));
    this.#socket.on('error', (error) => fail(`connection ${index}: ${error.message}`));
    this.#socket.on('close', () => fail(`connection ${index} ended`));
  }

  send(content: string): void {
    this.#socket.write(encode(1, Buffer.from(content)));
  }

  #upgrade(): void {
    const path = this.#isSender ? text('sender-path', text('path', '/')) : text('path', '/');
    const lines = [
      `GET ${fill(path, this.#index)} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ...headers.map((header) => fill(header, this.#index)),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  #onData(data: Buffer): void {
    if (state.counting && !this.#isSender) {
      this.bytes += data.length;
      totals.bytes += data.length;
    }
    if (this.#phase === 'ready' && !this.#isObserver && !this.#isSender) return;
    this.#input = this.#input.length === 0 ? data : Buffer.concat([this.#input, data]);
    if (this.#phase === 'upgrading') {
      const end = this.#input.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#input.subarray(0, end).includes(' 101 '))
        fail(`upgrade refused: ${this.#input.toString('latin1', 0, end)}`);
      this.#input = this.#input.subarray(end + 4);
      this.#phase = 'script';
      this.#followScript();
    }
    this.#parse();
  }

  /** Says what is to be said, up to the next wait or the end of the script. */
  #followScript(): void {
    for (let step = steps[this.#step]; step?.kind === 'say'; step = steps[++this.#step])
      this.send(fill(step.text, this.#index));
    if (this.#step < steps.length || this.#phase === 'ready') return;
    this.#phase = 'ready';
    totals.ready++;
    this.#onReady();
  }

  #parse(): void {
    const input = this.#input;
    let used = 0;
    while (input.length - used >= 2) {
      let length = (input[used + 1] ?? 0) & 127;
      const header = length === 127 ? 10 : length === 126 ? 4 : 2;
      if (input.length - used < header) break;
      if (length === 126) length = input.readUInt16BE(used + 2);
      else if (length === 127) length = input.readUInt32BE(used + 6);
      if (input.length - used < header + length) break;
      this.#onFrame((input[used] ?? 0) & 15, input.subarray(used + header, used + header + length), header + length);
      used += header + length;
    }
    this.#input = input.subarray(used);
  }

  #onFrame(opcode: number, payload: Buffer, frameBytes: number): void {
    if (opcode === 8) fail(`connection ${this.#index} was closed by the server: ${payload.toString('utf8', 2)}`);
    if (opcode === 9) this.#socket.write(encode(10, payload));
    const step = steps[this.#step];
    if (this.#phase === 'script' && step !== undefined) {
      if (!payload.includes(step.text)) return;
      this.#step++;
      this.#followScript();
    } else if (this.#isObserver) {
      this.#observe(payload.toString('latin1'), frameBytes);
    }
  }

  #observe(content: string, frameBytes: number): void {
    const timeUs = nowUs();
    let found = 0;
    for (const [, hex = '0'] of content.matchAll(MARKER)) {
      found++;
      if (state.sampling) samples.push((timeUs - Number.parseInt(hex, 16)) / 1000);
      if (!this.#isLastObserver) continue;
      totals.completed++;
      if (state.sending && rate === 0) sendMessage(timeUs);
    }
    if (!state.counting || found === 0) return;
    totals.observedMessages += found;
    totals.observedBytes += frameBytes;
  }
}

const connections: Connection[] = [];

function fail(reason: string): never {
  console.error(`load client: ${reason}`);
  process.exit(1);
}

function sendMessage(timeUs: number): void {
  const index = subscriberCount + (state.sequence % senderCount);
  state.sequence++;
  totals.sent++;
  connections[index]?.send(fill(template, index, timeUs));
}

/** Sends what is due by the clock, late or not, so that a slow client shows as latency. */
function startOpenLoop(): void {
  let nextUs = nowUs();
  const timer = setInterval(() => {
    if (!state.sending) clearInterval(timer);
    else for (; nextUs <= nowUs(); nextUs += 1e6 / rate) sendMessage(Math.round(nextUs));
  }, 1);
}

const percentile = (sorted: number[], share: number): number => sorted[Math.trunc(share * (sorted.length - 1))] ?? 0;
const isWhole = (): boolean =>
  totals.completed === totals.sent &&
  connections.slice(1, subscriberCount).every(({ bytes }) => bytes === connections[0]?.bytes);

async function main(): Promise<void> {
  const startUs = nowUs();
  while (connections.length < subscriberCount + senderCount) {
    const batch = Math.min(HANDSHAKES, subscriberCount + senderCount - connections.length);
    for (let i = 0; i < batch; i++) connections.push(new Connection(connections.length));
    await Promise.all(connections.slice(-batch).map(({ ready }) => ready));
  }
  const connectMs = (nowUs() - startUs) / 1000;
  await wait(200);
  console.log('ready');

  state.counting = state.sending = true;
  if (rate > 0) startOpenLoop();
  else for (let i = 0; i < inFlight; i++) sendMessage(nowUs());
  await wait(figure('warmup-ms', 500));

  console.log('begin');
  const [beginUs, bytesBefore, sentBefore, cpuBefore] = [nowUs(), totals.bytes, totals.sent, process.cpuUsage()];
  state.sampling = true;
  await wait(figure('duration-ms', 2000));
  state.sampling = false;
  const seconds = (nowUs() - beginUs) / 1e6;
  const cpu = process.cpuUsage(cpuBefore);
  const [bytes, sent, unfinished] = [
    totals.bytes - bytesBefore,
    totals.sent - sentBefore,
    totals.sent - totals.completed,
  ];
  console.log('end');

  state.sending = false;
  const drainUntilUs = nowUs() + figure('drain-ms', 3000) * 1000;
  while (!isWhole() && nowUs() < drainUntilUs) await wait(10);
  const messageBytes = totals.observedBytes / totals.observedMessages;
  samples.sort((a, b) => a - b);
  const result = {
    connectMs,
    seconds,
    sent,
    unfinished,
    messageBytes,
    deliveriesPerSecond: bytes / messageBytes / seconds,
    p50Ms: percentile(samples, 0.5),
    p99Ms: percentile(samples, 0.99),
    cpuShare: (cpu.user + cpu.system) / 1e6 / seconds,
    whole: isWhole(),
  };
  console.log(JSON.stringify(result));
  process.exit(0);
}

await main();
