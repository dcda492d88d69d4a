import type { DownFrame, ResumeFrame, WelcomeFrame } from '@parley/protocol';
import { mayReconnect, PROTOCOL_VERSION } from '@parley/protocol/constants';
import { ParleyError, toParleyError } from './errors.ts';
import { Heartbeat } from './heartbeat.ts';
import { retryAfterMsIn, retryDelayMs } from './reconnect.ts';
import type { Runtime } from './runtime.ts';
import { openSocket, type Socket, type WebSocketClass } from './socket.ts';
import { Timers } from './timers.ts';
import type { TokenContext, Tokens } from './token.ts';
import type { WakeHint, WakeSource } from './wake.ts';

/** Silence for this long while connecting means that the attempt has failed; a large sync may take longer, as long as it goes on. */
const CONNECT_TIMEOUT_MS = 20_000;
/** Codes of errors by the close codes after which connecting again cannot help; a test compares them with the protocol's. */
export const FINAL_CODES: Readonly<Record<number, string>> = {
  4500: 'unauthenticated',
  4501: 'revoked',
  4502: 'deactivated',
  4503: 'version',
  4504: 'protocol',
};
/** What a WebSocket says of an end without a word from the other side. */
const LOST = 1006;
/** Only a connection that lasted this long makes the next retry quick again. */
const STABLE_MS = 5_000;

/**
 * `idle` before `connect` · `connecting` for the first time · `online` in step with the server · `reconnecting` after a
 * loss · `offline` the same, for so long (or so surely) that the user should know · `closed` by the application · `failed` for
 * good, such as with a token that is refused.
 */
export type ConnectionState = 'idle' | 'connecting' | 'online' | 'reconnecting' | 'offline' | 'closed' | 'failed';

export interface ConnectionChange {
  readonly previous: ConnectionState;
  readonly current: ConnectionState;
  /** In a few words, for logs and for the curious. */
  readonly reason: string;
  /** The next attempt comes after this; null when none is planned. */
  readonly retryInMs: number | null;
  /** Why it failed, when it did. */
  readonly error: ParleyError | null;
}

export interface ConnectionOptions {
  readonly socketUrl: string;
  readonly WebSocket: WebSocketClass;
  readonly tokens: Tokens;
  readonly userAgent: string;
  readonly wake: WakeSource;
}

export interface ConnectionPorts {
  /** What the client has already, for the hello; the first frame goes into it, the rest follow. */
  resumeFrames(): readonly Omit<ResumeFrame, 't'>[];
  onWelcome(welcome: WelcomeFrame): void;
  onFrame(frame: DownFrame): void;
  onChange(change: ConnectionChange): void;
  /** The socket is gone: what was on its way may or may not have arrived. */
  onLost(): void;
}

/** Keeps one socket to the server for as long as it is wanted. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #runtime: Runtime;
  readonly #ports: ConnectionPorts;
  /** `retry` also stands for the move that a draining server asked for. */
  readonly #timers: Timers<'retry' | 'deadline' | 'stable'>;
  readonly #heartbeat: Heartbeat;
  #change: ConnectionChange = {
    previous: 'idle',
    current: 'idle',
    reason: 'not started',
    retryInMs: null,
    error: null,
  };
  #socket: Socket | null = null;
  /** Rises with each attempt, so that what belongs to an earlier one is recognised and ignored. */
  #generation = 0;
  #attempts = 0;
  #maxAttempts = 0;
  #wasRefused = false;
  /** Until a fresh one has come, however often it is asked for. */
  #isTokenStale = false;
  /** The rest of the resume points, for after the welcome. */
  #moreResume: readonly object[] = [];
  /** Commands are understood only after the sync has begun. */
  #isReady = false;
  #heartbeatMs = 0;
  #endWake: (() => void) | null = null;

  constructor(options: ConnectionOptions, runtime: Runtime, ports: ConnectionPorts) {
    this.#options = options;
    this.#runtime = runtime;
    this.#timers = new Timers(runtime);
    this.#ports = ports;
    this.#heartbeat = new Heartbeat(runtime, {
      sendPing: () => this.send({ t: 'ping' }),
      onDead: () => this.#lose('no sign of life', 0),
    });
  }

  /** Where it stands, and how it came there. */
  get change(): ConnectionChange {
    return this.#change;
  }

  get state(): ConnectionState {
    return this.#change.current;
  }

  /** Starts, also again after `failed`; where it waits for the next attempt, that comes at once. */
  start(): void {
    if (this.state === 'closed') return;
    if (this.state !== 'idle' && this.state !== 'failed') return this.#tryNow();
    this.#attempts = 0;
    this.#wasRefused = false;
    this.#endWake ??= this.#options.wake((hint) => this.#hear(hint));
    this.#move('connecting', 'connecting', null);
    void this.#open('connect');
  }

  /** Ends it for good. */
  close(): void {
    this.#end('closed', 'closed by the application', null);
  }

  /** Sends a frame, if there is a socket in step with the server; says whether it did. */
  send(frame: object): boolean {
    if (this.#socket === null || !this.#isReady) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** The sync is complete: now it is online. */
  synced(): void {
    if (this.#socket === null || this.#isReady) return;
    this.#isReady = true;
    this.#timers.cancel('deadline');
    this.#heartbeat.start(this.#heartbeatMs);
    this.#wasRefused = false;
    this.#timers.set('stable', STABLE_MS, () => {
      this.#attempts = 0;
    });
    this.#move('online', 'in step', null);
  }

  async #open(reason: TokenContext['reason']): Promise<void> {
    // Whoever was told that it begins may have ended it.
    if (this.state === 'closed') return;
    const generation = ++this.#generation;
    this.#timers.cancel('retry');
    this.#armDeadline();
    try {
      const token = await this.#options.tokens.get(this.#isTokenStale ? 'refused' : reason);
      if (generation !== this.#generation) return;
      this.#isTokenStale = false;
      this.#openSocket(token);
    } catch (cause) {
      if (generation !== this.#generation) return;
      const error = toParleyError(cause, 'get a token');
      if (error.retryable) this.#lose(error.message, error.retryAfterMs ?? 0);
      else this.#end('failed', error.message, error);
    }
  }

  #armDeadline(): void {
    this.#timers.set('deadline', CONNECT_TIMEOUT_MS, () => this.#lose('no answer in time', 0));
  }

  #openSocket(token: string): void {
    const { WebSocket, socketUrl } = this.#options;
    this.#socket = openSocket(WebSocket, socketUrl, {
      onOpen: () => this.#sayHello(token),
      onText: (text) => this.#receive(text),
      onClose: (code, reason) => this.#closed(code, reason),
    });
  }

  #sayHello(token: string): void {
    const [resume, ...more] = this.#ports.resumeFrames();
    const hello = { t: 'hello', protocol: PROTOCOL_VERSION, token, client: this.#options.userAgent, resume };
    this.#moreResume = more;
    this.#socket?.send(JSON.stringify(hello));
  }

  #receive(text: string): void {
    this.#heartbeat.heard();
    if (this.#timers.has('deadline')) this.#armDeadline();
    let frame: DownFrame;
    try {
      frame = JSON.parse(text) as DownFrame;
    } catch {
      return this.#lose('not JSON', 0);
    }
    if (frame.t === 'welcome') this.#welcome(frame);
    else if (frame.t === 'drain') this.#drain(frame.reconnectInMs);
    else this.#ports.onFrame(frame);
  }

  #welcome(welcome: WelcomeFrame): void {
    this.#maxAttempts = welcome.reconnectAttempts;
    this.#heartbeatMs = welcome.heartbeatInterval;
    this.#ports.onWelcome(welcome);
    // Before the welcome a server takes no more than one frame's worth.
    for (const frame of this.#moreResume) this.#socket?.send(JSON.stringify({ t: 'resume', ...frame }));
  }

  /** The node asks to move on: this socket serves until then, the next one is opened without a wait. */
  #drain(reconnectInMs: number): void {
    this.#timers.set('retry', reconnectInMs, () => this.#openAnew('the server drains'));
  }

  #closed(code: number, reason: string): void {
    const said = code === LOST ? 'socket lost' : `closed with ${code}${reason === '' ? '' : ` (${reason})`}`;
    if (mayReconnect(code)) return this.#lose(said, retryAfterMsIn(reason));
    const isRefusal = FINAL_CODES[code] === 'unauthenticated' || FINAL_CODES[code] === 'revoked';
    if (isRefusal && this.#options.tokens.canRenew && !this.#wasRefused) {
      // A token may have run out in the meantime: one fresh one is tried before giving up.
      this.#wasRefused = true;
      this.#isTokenStale = true;
      return this.#openAnew(said);
    }
    this.#end('failed', said, new ParleyError(FINAL_CODES[code] ?? 'closed', `unable to stay connected; ${said}`));
  }

  #openAnew(reason: string): void {
    this.#dropSocket(false);
    this.#move('reconnecting', reason, 0);
    void this.#open('reconnect');
  }

  #lose(reason: string, leastMs: number): void {
    this.#dropSocket(true);
    const delayMs = retryDelayMs(this.#attempts, this.#runtime, leastMs);
    this.#attempts += 1;
    this.#timers.set('retry', delayMs, () => void this.#open('reconnect'));
    const isHopeless = this.#maxAttempts > 0 && this.#attempts > this.#maxAttempts;
    const isFirst = this.state === 'connecting';
    this.#move(
      isHopeless || this.state === 'offline' ? 'offline' : isFirst ? 'connecting' : 'reconnecting',
      reason,
      delayMs,
    );
  }

  #end(state: 'closed' | 'failed', reason: string, error: ParleyError | null): void {
    this.#generation += 1;
    this.#endWake?.();
    this.#endWake = null;
    this.#dropSocket(false);
    this.#move(state, reason, null, error);
  }

  #dropSocket(isDead: boolean): void {
    this.#heartbeat.stop();
    this.#timers.clear();
    this.#generation += 1;
    if (this.#socket === null) return;
    this.#socket.drop(isDead);
    this.#socket = null;
    this.#isReady = false;
    this.#ports.onLost();
  }

  #hear(hint: WakeHint): void {
    if (hint === 'offline') {
      // The browser's word may be wrong, so trying goes on; but the user should know.
      if (this.state === 'reconnecting') this.#move('offline', 'device offline', this.#change.retryInMs);
      else this.#heartbeat.probe();
      return;
    }
    this.#heartbeat.probe();
    this.#tryNow();
  }

  #tryNow(): void {
    if (!this.#timers.has('retry') || this.#socket !== null) return;
    if (this.state === 'offline') this.#move('reconnecting', 'trying again', 0);
    void this.#open('reconnect');
  }

  #move(current: ConnectionState, reason: string, retryInMs: number | null, error: ParleyError | null = null): void {
    const previous = this.#change.current;
    this.#change = { previous, current, reason, retryInMs, error };
    this.#ports.onChange(this.#change);
  }
}
