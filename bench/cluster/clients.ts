// Sockets that send at a rate and sockets that hear it, in one process, so that one clock measures: `clients.ts JSON`, answers
// with figures over IPC. Latency counts from the moment a message was due.
import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';

/** What to do; channel i is sent to by token i on `senders`, and heard by token i + 1 on `listeners`. */
export interface LatencyRequest {
  readonly senders: string;
  readonly listeners: string;
  readonly tokens: readonly string[];
  readonly channels: readonly string[];
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
}

export interface LatencyFigures {
  readonly sent: number;
  /** Acknowledgements that came in a second; below what was asked where the rate was not kept. */
  readonly ackedPerSecond: number;
  readonly delivered: number;
  readonly acked: number;
  readonly errors: number;
  readonly deliveredP50Ms: number;
  readonly deliveredP99Ms: number;
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
  readonly clientCore: number;
}

const TICK_MS = 5;
const DRAIN_MS = 10_000;
/**
 * With more than a second's worth unanswered nothing is sent until some of it is: the rate is not kept then, and a backlog that
 * only grows would say how long the bench ran and nothing of the server.
 */
const MAX_BACKLOG_S = 1;
const OPEN_TRIES = 5;
const OPEN_RETRY_MS = 2_000;
/** About 110 bytes with the time in front, as people write. */
const TEXT = 'the quick brown fox jumps over the lazy dog while the slow red hen looks on and wonders what the hurry';

const request = JSON.parse(process.argv[2] ?? '') as LatencyRequest;
const deliveredMs: number[] = [];
const ackedMs: number[] = [];
let sent = 0;
let ackedInTime = 0;
let errors = 0;
let measuredFrom = Number.POSITIVE_INFINITY;
let endsAt = Number.POSITIVE_INFINITY;

function openOnce(url: string, token: string, onText: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/socket`, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token })));
    socket.on('error', reject);
    // After it is open this says nothing: what was lost with it is missing in the figures.
    socket.on('close', (code) => reject(new Error(`unable to open a session; the socket was closed with ${code}`)));
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      if (text.startsWith('{"t":"sync"') && text.includes('"done":true')) resolve(socket);
      else onText(text);
    });
  });
}

/** As any client does: a node that is too busy to check a hello in time is asked again. */
async function open(url: string, token: string, onText: (text: string) => void): Promise<WebSocket> {
  for (let tries = 1; ; tries++) {
    try {
      return await openOnce(url, token, onText);
    } catch (error) {
      if (tries === OPEN_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * OPEN_RETRY_MS));
    }
  }
}

/** When what was heard was due; a node that missed something on the bus gives it within `changes`. */
const heard = new Set<string>();

/** Takes the messages of a channel in a frame, each once however often it comes. */
function hear(text: string, channel: string): void {
  if (!(text.startsWith('{"t":"message"') || text.startsWith('{"t":"changes"')) || !text.includes(channel)) return;
  for (const [, at = ''] of text.matchAll(/"body":"at ([\d.]+)/g)) {
    if (heard.has(at)) continue;
    heard.add(at);
    const due = Number(at);
    if (due >= measuredFrom) deliveredMs.push(performance.now() - due);
  }
}

const refs = new Map<number, number>();
const senders = await Promise.all(
  request.channels.map((_, index) =>
    open(request.senders, request.tokens[index] ?? '', (text) => {
      if (text.startsWith('{"t":"ok"')) {
        const ref = Number.parseInt(text.slice(16), 10);
        const due = refs.get(ref) ?? 0;
        refs.delete(ref);
        const now = performance.now();
        if (now >= measuredFrom && now < endsAt) ackedInTime += 1;
        if (due >= measuredFrom) ackedMs.push(now - due);
      } else if (text.startsWith('{"t":"error"')) {
        errors += 1;
        refs.delete(Number.parseInt(text.slice(19), 10));
      }
    }),
  ),
);
const { length } = request.channels;
await Promise.all(
  request.channels.map((channel, index) =>
    open(request.listeners, request.tokens[(index + length - 1) % length] ?? '', (text) => hear(text, channel)),
  ),
);

const startedAt = performance.now();
measuredFrom = startedAt + request.warmUpMs;
endsAt = measuredFrom + request.durationMs;
let said = 0;
let cpuBefore = process.cpuUsage();
let cpuFrom = startedAt;
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const now = performance.now();
    if (now >= measuredFrom && cpuFrom === startedAt) {
      cpuBefore = process.cpuUsage();
      cpuFrom = now;
    }
    for (; said < ((Math.min(now, endsAt) - startedAt) * request.perSecond) / 1_000; said++) {
      if (refs.size > MAX_BACKLOG_S * request.perSecond) continue;
      const at = (startedAt + (said * 1_000) / request.perSecond).toFixed(3);
      const due = Number(at);
      const index = said % length;
      refs.set(said, due);
      if (due >= measuredFrom) sent += 1;
      senders[index]?.send(
        `{"t":"message.send","ref":${said},"d":{"channelId":"${request.channels[index]}","id":"${makeUuid()}","body":"at ${at} ${TEXT}"}}`,
      );
    }
    if (now < endsAt) return;
    clearInterval(timer);
    resolve();
  }, TICK_MS);
});
const cpu = process.cpuUsage(cpuBefore);
const clientCore = (cpu.user + cpu.system) / 1e3 / (performance.now() - cpuFrom);
const drainedBy = performance.now() + DRAIN_MS;
while ((deliveredMs.length < sent || ackedMs.length < sent) && performance.now() < drainedBy) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const at = (values: number[], share: number): number =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
process.send?.({
  sent,
  ackedPerSecond: (ackedInTime * 1_000) / request.durationMs,
  delivered: deliveredMs.length,
  acked: ackedMs.length,
  errors,
  deliveredP50Ms: at(deliveredMs, 0.5),
  deliveredP99Ms: at(deliveredMs, 0.99),
  ackP50Ms: at(ackedMs, 0.5),
  ackP99Ms: at(ackedMs, 0.99),
  clientCore,
} satisfies LatencyFigures);
process.exit(0);
