import { makeUuid } from '@parley/protocol/constants';
import { WebSocket } from 'ws';
import { nowMs } from '../../packages/load-test/src/clock.ts';
import { Pacer } from '../../packages/load-test/src/worker/pacer.ts';
import { socketOf } from '../socket-url.ts';

/** Far above what a machine that does everything at once needs for what is on its way. */
const SETTLE_MS = 60_000;
/** The load ends when it is told to. */
const FOR_EVER_MS = 3_600_000;
/** What a copy could spoil. */
const BODY = 'steady \\\\ \\t load';

/** Somebody who sends, and where to. */
export interface Sender {
  readonly token: string;
  readonly channelId: string;
}

/** A message that was due at a moment, whatever became of those before. */
export interface SentMessage {
  readonly dueMs: number;
  /** Epoch milliseconds at which its acknowledgement was here; null: none came. */
  acknowledgedAt: number | null;
  tookMs: number;
}

/** Sends so many messages a second, in an open loop, until it is stopped; remembers what became of each. */
export class SteadyLoad {
  readonly messages = new Map<string, SentMessage>();
  refused = 0;
  readonly #sockets: WebSocket[] = [];
  readonly #waiting = new Map<number, SentMessage>();
  #pacer: Pacer | null = null;
  #refs = 0;

  static async open(url: string, senders: readonly Sender[]): Promise<SteadyLoad> {
    const load = new SteadyLoad();
    for (const { token } of senders) load.#sockets.push(await load.#connect(url, token));
    return load;
  }

  start(senders: readonly Sender[], rate: number): void {
    const pace = { startMs: nowMs(), durationMs: FOR_EVER_MS, rate };
    const send = (dueMs: number): void => {
      const turn = this.#refs % this.#sockets.length;
      this.#send(this.#sockets[turn], senders[turn]?.channelId ?? '', dueMs);
    };
    this.#pacer = new Pacer(pace, send, () => {});
  }

  /** Sends no more, and waits for the answers that are on their way. */
  async stop(): Promise<void> {
    this.#pacer?.stop();
    const untilMs = nowMs() + SETTLE_MS;
    while (this.#waiting.size > 0 && nowMs() < untilMs) await new Promise((resolve) => void setTimeout(resolve, 20));
    for (const socket of this.#sockets) socket.terminate();
  }

  #send(socket: WebSocket | undefined, channelId: string, dueMs: number): void {
    const id = makeUuid();
    const message: SentMessage = { dueMs, acknowledgedAt: null, tookMs: Number.NaN };
    this.#refs += 1;
    this.messages.set(id, message);
    this.#waiting.set(this.#refs, message);
    socket?.send(
      `{"t":"message.send","ref":${this.#refs},"d":{"channelId":"${channelId}","id":"${id}","body":"${BODY}"}}`,
    );
  }

  #connect(url: string, token: string): Promise<WebSocket> {
    const socket = new WebSocket(socketOf(url), { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.on('open', () => socket.send(JSON.stringify({ t: 'hello', protocol: 1, token })));
      socket.on('error', reject);
      socket.on('message', (data: Buffer) => {
        const text = data.toString('latin1');
        const [, kind, ref] = /^\{"t":"(ok|error)","ref":(\d+)/.exec(text) ?? [];
        if (kind !== undefined) this.#answered(Number(ref), kind === 'ok');
        else if (text.startsWith('{"t":"sync"') && text.includes('"done":true')) resolve(socket);
      });
    });
  }

  #answered(ref: number, isSent: boolean): void {
    const message = this.#waiting.get(ref);
    this.#waiting.delete(ref);
    if (message === undefined) return;
    if (!isSent) {
      this.refused += 1;
      return;
    }
    message.acknowledgedAt = Date.now();
    message.tookMs = nowMs() - message.dueMs;
  }
}
