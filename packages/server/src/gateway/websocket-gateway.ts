import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CloseReason, LIMITS, type Rate, SUBPROTOCOL, type WebSocketConfig } from '@parley/protocol';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import type { Clock, Timer } from '../lib/clock.ts';
import { isOriginAllowed } from '../lib/origin.ts';
import type { WireOf } from '../outbox/find-wire.ts';
import type { Flusher } from '../outbox/outbox.ts';
import type { RateLimiter, Verdict } from '../rate-limit/rate-limiter.ts';
import { Session } from '../session/session.ts';
import { ConnectLine, type Refusal } from './admission.ts';
import { Heartbeat } from './heartbeat.ts';
import { Newcomers } from './newcomers.ts';
import { endLateOpeners, OPENING_SWEEP_MS } from './opening.ts';
import { ParleySocket, type SocketGate } from './parley-socket.ts';

/** Path of the WebSocket. */
export const SOCKET_PATH = '/v1/socket';
/** Bytes a socket may send before its hello is accepted: one hello with a full resume. */
const OPENING_BYTES = LIMITS.frameBytes + 1_024;
/** How long a socket that was closed may take to answer. */
const GOODBYE_MS = 1_000;
/** What a refused client is told to wait when the node is full; spread, so that they do not all come back together. */
const FULL_RETRY_MS = 5_000;

export interface GatewayPorts {
  readonly config: WebSocketConfig;
  readonly connectRate: Rate;
  readonly clock: Clock;
  readonly flusher: Flusher;
  readonly wireOf: WireOf;
  readonly limiter: RateLimiter;
  readonly allowedOrigins: ReadonlySet<string>;
  random(): number;
  addressOf(request: IncomingMessage): string;
  addressKey(address: string): string;
  onOpen(session: Session): void;
  onFrame(session: Session, text: string): void;
  /** The session has ended; called once for each session, whether it got a user or not. */
  onEnd(session: Session): void;
  onRefused?(refusal: Refusal): void;
  onFault(error: unknown): void;
}

/** The door: grants or refuses upgrades, makes one session per socket, and hands their frames on. */
export class WebSocketGateway implements SocketGate {
  readonly #ports: GatewayPorts;
  readonly #server: SocketServer<typeof ParleySocket>;
  readonly #sockets = new Map<Session, ParleySocket>();
  readonly #opening = new Set<Session>();
  readonly #newcomers = new Newcomers();
  readonly #line: ConnectLine;
  readonly #heartbeat: Heartbeat;
  readonly #sweep: Timer;
  /** One for all sessions: each would else hold a function of its own. */
  readonly #onEnd = (session: Session): void => this.#ended(session);
  #isDraining = false;

  constructor(ports: GatewayPorts) {
    this.#ports = ports;
    this.#line = new ConnectLine({
      rate: ports.connectRate,
      clock: ports.clock,
      random: () => ports.random(),
      room: () => this.#newcomers.room(this.#nowS()),
    });
    this.#heartbeat = new Heartbeat(ports.config.heartbeatInterval, ports.clock, () => this.#nowS());
    this.#sweep = ports.clock.setInterval(() => endLateOpeners(this.#opening, this.#nowS()), OPENING_SWEEP_MS);
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytes,
      maxFragments: LIMITS.frameFragments,
      WebSocket: ParleySocket,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Upgrades that wait for their turn. */
  get waiting(): number {
    return this.#line.length;
  }

  get draining(): boolean {
    return this.#isDraining;
  }

  /** While set, no upgrade is granted. */
  set draining(isDraining: boolean) {
    this.#isDraining = isDraining;
    if (isDraining) this.#line.empty();
  }

  /** Serves the upgrades of an HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, stream, head) => this.#upgrade(request, stream, head));
  }

  /** All live sessions, for draining. */
  *sessions(): IterableIterator<Session> {
    yield* this.#sockets.keys();
  }

  /** The session has said hello, and is being checked. */
  greeting(session: Session): void {
    this.#newcomers.come(session, this.#nowS());
  }

  /** Its hello was good: its deadline is lifted. */
  opened(session: Session): void {
    this.#opening.delete(session);
  }

  /** It is up to date. */
  synced(session: Session): void {
    this.#newcomers.go(session);
  }

  /** Ends every session. A socket that does not say goodbye in time is torn down, so that its server can close. */
  endAll(reason: CloseReason): void {
    const sockets = [...this.#sockets.values()];
    for (const socket of sockets) socket.session?.end(reason);
    this.#ports.clock.setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, GOODBYE_MS);
  }

  close(): void {
    this.#heartbeat.stop();
    this.#sweep.cancel();
    this.#line.empty();
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  #nowS(): number {
    return Math.floor(this.#ports.clock.monotonic() / 1_000);
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', noop);
    const refusal = this.#refusalOf(request);
    if (refusal !== null) return this.#refuse(stream, refusal);
    const verdict = this.#ports.limiter.take('connect', this.#ports.addressKey(this.#ports.addressOf(request)));
    const enter = (found: Verdict): void => {
      if (!found.allowed)
        return this.#refuse(stream, { status: 429, code: 'rate_limited', retryAfterMs: found.retryAfterMs });
      // One address does not fill the line for everybody: it has been looked at before.
      this.#line.enter(stream, (full) =>
        full === null ? this.#grant(request, stream, head) : this.#refuse(stream, full),
      );
    };
    if (verdict instanceof Promise)
      verdict.then(enter, () => this.#refuse(stream, { status: 503, code: 'unavailable' }));
    else enter(verdict);
  }

  #refusalOf(request: IncomingMessage): Refusal | null {
    // By hand: what a stranger sends here need not be a URL, and a throw in this event would end the process.
    const [path] = (request.url ?? '/').split('?', 1);
    if (path !== SOCKET_PATH) return { status: 404, code: 'not_found' };
    if (request.method !== 'GET') return { status: 405, code: 'bad_request' };
    const { origin, host } = request.headers;
    if (!isOriginAllowed(origin, host, this.#ports.allowedOrigins)) return { status: 403, code: 'origin_refused' };
    if (this.#isDraining) return { status: 503, code: 'draining', retryAfterMs: 1_000 };
    if (this.#sockets.size + this.#line.length < this.#ports.config.maxConnections) return null;
    return { status: 503, code: 'full', retryAfterMs: Math.round(FULL_RETRY_MS * (0.5 + this.#ports.random())) };
  }

  #grant(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.off('error', noop);
    try {
      this.#server.handleUpgrade(request, stream, head, (socket) => this.#open(socket, request, stream as Socket));
    } catch (error) {
      this.#ports.onFault(error);
      stream.destroy();
    }
  }

  #refuse(stream: Duplex, refusal: Refusal): void {
    this.#ports.onRefused?.(refusal);
    const body = JSON.stringify({ code: refusal.code, retryAfterMs: refusal.retryAfterMs });
    const retry =
      refusal.retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(refusal.retryAfterMs / 1_000)}\r\n`;
    stream.end(
      `HTTP/1.1 ${refusal.status} ${refusal.code}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
        `${retry}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => stream.destroy(),
    );
  }

  #open(socket: ParleySocket, request: IncomingMessage, stream: Socket): void {
    stream.setKeepAlive(true, this.#ports.config.heartbeatInterval);
    const authorization = request.headers.authorization;
    const session = new Session({
      socket,
      outbox: this.#ports.flusher.createOutbox(this.#ports.wireOf(stream)),
      address: this.#ports.addressOf(request),
      userAgent: (request.headers['user-agent'] ?? '').slice(0, 200),
      headerToken: authorization?.startsWith('Bearer ') ? authorization.slice(7) : null,
      nowS: this.#nowS(),
      onEnd: this.#onEnd,
    });
    this.#sockets.set(session, socket);
    this.#opening.add(session);
    socket.slot = this.#heartbeat.add(socket);
    this.#ports.onOpen(session);
    socket.serve(session, this);
  }

  heard(session: Session): void {
    session.heardAtS = this.#nowS();
  }

  message(session: Session, data: Buffer, isBinary: boolean): void {
    session.heardAtS = this.#nowS();
    if (isBinary) return session.end('protocol', 'frames are text');
    if (session.actor === null && !session.countOpeningBytes(data.length, OPENING_BYTES)) {
      return session.end('protocol', 'too much before hello');
    }
    try {
      this.#ports.onFrame(session, data.toString());
    } catch (error) {
      this.#ports.onFault(error);
      session.end('fault');
    }
  }

  #ended(session: Session): void {
    const socket = this.#sockets.get(session);
    if (socket !== undefined) {
      this.#sockets.delete(session);
      this.#heartbeat.remove(socket, socket.slot);
      socket.session = null;
    }
    this.#opening.delete(session);
    this.#newcomers.go(session);
    this.#ports.onEnd(session);
  }
}

function noop(): void {}
