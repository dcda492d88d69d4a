import { WebSocket } from 'ws';
import { socketOf } from '../socket-url.ts';

/** As the SDK waits: full jitter, after the cap. */
const BASE_MS = 500;
const CAP_MS = 15_000;
/** And gives up a socket that is not in step by then. */
const CONNECT_TIMEOUT_MS = 20_000;

/** What a lean client takes from its surroundings. */
export interface LeanOptions {
  readonly token: string;
  pickUrl(): string;
  onSynced(client: LeanClient): void;
  /** A rev did not follow the one before it. */
  onHole(client: LeanClient): void;
  /** A socket ended: its close code, or the HTTP status of a refused upgrade. */
  onEnd(why: string): void;
}

/** The least that keeps a session: a socket, and one number per channel. Comes back by itself, as the SDK does. */
export class LeanClient {
  readonly revs = new Map<string, number>();
  url = '';
  isSynced = false;
  /** Sockets that it tried since it was reset. */
  attempts = 0;
  readonly #options: LeanOptions;
  #epoch = '';
  #socket: WebSocket | null = null;
  #failures = 0;
  #isClosed = false;
  /** Events that came before the sync that they follow. */
  #early: [channel: string, rev: number, from: number][] = [];

  constructor(options: LeanOptions) {
    this.#options = options;
  }

  connect(): void {
    this.attempts += 1;
    this.url = this.#options.pickUrl();
    const socket = new WebSocket(socketOf(this.url), { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => socket.send(JSON.stringify(this.#hello())));
    socket.on('message', (data: Buffer) => this.#take(data.toString('latin1')));
    const deadline = setTimeout(() => this.#isLate(socket), CONNECT_TIMEOUT_MS);
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, response) => {
      response.resume();
      this.#options.onEnd(`HTTP ${response.statusCode}`);
      socket.terminate();
    });
    socket.on('close', (code) => {
      clearTimeout(deadline);
      this.#options.onEnd(`${code}`);
      this.#lost();
    });
  }

  /** The network goes away under it. */
  cut(): void {
    this.#socket?.terminate();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  #isLate(socket: WebSocket): void {
    if (!this.isSynced) socket.terminate();
  }

  #hello(): object {
    const resume = this.#epoch === '' ? {} : { resume: { epoch: this.#epoch, channels: [...this.revs] } };
    return { t: 'hello', protocol: 1, token: this.#options.token, ...resume };
  }

  #lost(): void {
    this.isSynced = false;
    this.#early = [];
    if (this.#isClosed) return;
    const ceilingMs = Math.min(CAP_MS, BASE_MS * 2 ** this.#failures);
    this.#failures += 1;
    setTimeout(() => {
      if (!this.#isClosed) this.connect();
    }, Math.random() * ceilingMs);
  }

  #take(text: string): void {
    if (text.startsWith('{"t":"message"')) {
      const { channel, rev } = JSON.parse(text) as { channel: string; rev: number };
      this.#hear(channel, rev, rev - 1);
    } else if (text.startsWith('{"t":"welcome"')) {
      this.#epoch = (JSON.parse(text) as { epoch: string }).epoch;
    } else if (text.startsWith('{"t":"sync"')) this.#sync(text);
    else if (text.startsWith('{"t":"changes"')) {
      // What a node read from the database, because the bus had lost it.
      const { channelId, rev, from } = JSON.parse(text) as { channelId: string; rev: number; from: number };
      this.#hear(channelId, rev, from);
    }
  }

  #hear(channel: string, rev: number, from: number): void {
    if (this.isSynced) this.#advance(channel, rev, from);
    else this.#early.push([channel, rev, from]);
  }

  #sync(text: string): void {
    const frame = JSON.parse(text) as {
      joined: { channel: { id: string; rev: number } }[];
      changes: { channelId: string; from: number; rev: number }[];
      done: boolean;
    };
    for (const { channel } of frame.joined) this.revs.set(channel.id, channel.rev);
    for (const { channelId, from, rev } of frame.changes) this.#advance(channelId, rev, from);
    if (!frame.done) return;
    this.#failures = 0;
    this.isSynced = true;
    for (const event of this.#early.splice(0)) this.#advance(...event);
    this.#options.onSynced(this);
  }

  #advance(channel: string, rev: number, from: number): void {
    const known = this.revs.get(channel) ?? 0;
    if (rev <= known) return;
    if (from > known) this.#options.onHole(this);
    this.revs.set(channel, rev);
  }
}
