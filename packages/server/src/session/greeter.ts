import {
  helloFrame,
  OLDEST_PROTOCOL_VERSION,
  PROTOCOL_VERSION,
  type Resume,
  resumeFrame,
  type UserView,
  type WebSocketConfig,
  type WelcomeFrame,
} from '@parley/protocol';
import type { Actor } from '../commands/handler.ts';
import { parseInput } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { errorFrameOf } from './error-frame.ts';
import type { Session } from './session.ts';

/** Resume frames after the first: no client has more channels than this holds, and an attacker must stop somewhere. */
const MAX_RESUME_FRAMES = 50;

export interface GreeterPorts {
  readonly clock: Clock;
  readonly config: WebSocketConfig;
  readonly serverName: string;
  readonly nodeName: string;
  readonly durability: 'disk' | 'memory';
  epoch(): string;
  /** The session has said hello, good or not. */
  onHello(session: Session): void;
  /** What the welcome of this session says of feature flags. */
  flagsFor(session: Session, actor: Actor): WelcomeFrame['flags'] | Promise<WelcomeFrame['flags']>;
  authenticate(
    token: string,
    from: { address: string; userAgent: string },
  ): Promise<{ actor: Actor; user: UserView } | AppError>;
  /**
   * A user is on this socket: registers it and brings it up to date. Calls `greet` right before it sends anything, so that
   * the welcome and the first of the sync leave in one write. Resolves when the last sync frame is on its way.
   */
  ready(session: Session, resume: Resume | null, greet: () => void): Promise<void>;
}

interface Greeting {
  resume: Resume | null;
  frames: number;
}

/** Takes a socket from nobody to a user: hello, who are you, welcome, and what you have missed. */
export class Greeter {
  readonly #ports: GreeterPorts;
  /** Sessions between their hello and the last of their resume frames. */
  readonly #greetings = new WeakMap<Session, Greeting>();

  constructor(ports: GreeterPorts) {
    this.#ports = ports;
  }

  /** Takes a `hello`, or one of the `resume` frames that follow it. */
  async greet(session: Session, kind: 'hello' | 'resume', frame: Record<string, unknown>): Promise<void> {
    try {
      if (kind === 'hello') await this.#hello(session, frame);
      else await this.#more(session, frame);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      session.send(errorFrameOf(null, error));
      if (error.retryable) session.end('fault', error.code);
      else session.end(error.code === 'unauthenticated' ? 'unauthenticated' : 'protocol', error.code);
    }
  }

  async #hello(session: Session, frame: Record<string, unknown>): Promise<void> {
    if (session.state !== 'opening') return session.end('protocol', 'hello is said once');
    session.state = 'greeting';
    this.#ports.onHello(session);
    const hello = parseInput(helloFrame, frame);
    if (hello.protocol < OLDEST_PROTOCOL_VERSION || hello.protocol > PROTOCOL_VERSION) return session.end('version');
    const greeting: Greeting = { resume: hello.resume ?? null, frames: 1 };
    this.#greetings.set(session, greeting);
    const { actor, user } = await this.#authenticate(session, hello.token ?? session.headerToken, hello.client);
    if (!session.isOpen) return;
    const flags = this.#ports.flagsFor(session, actor);
    const told = flags instanceof Promise ? await flags : flags;
    if (!session.isOpen) return;
    session.opened(actor);
    const greet = () => session.send(this.#welcome(actor, user, told));
    if (greeting.resume?.more !== true) return await this.#finish(session, greeting, greet);
    // The rest of its resume comes after the welcome.
    greet();
  }

  async #authenticate(session: Session, token: string | null, client: string | undefined) {
    if (token === null) throw new AppError('unauthenticated', 'unable to open the session; there is no token');
    const found = await this.#ports.authenticate(token, {
      address: session.address,
      userAgent: client ?? session.userAgent,
    });
    if (found instanceof AppError) throw found;
    return found;
  }

  async #more(session: Session, frame: Record<string, unknown>): Promise<void> {
    const greeting = this.#greetings.get(session);
    if (greeting?.resume?.more !== true || greeting.frames >= MAX_RESUME_FRAMES) {
      return session.end('protocol', 'resume continues a hello');
    }
    const more = parseInput(resumeFrame, frame);
    greeting.frames += 1;
    const { epoch, channels } = greeting.resume;
    greeting.resume = { epoch, channels: [...channels, ...more.channels], more: more.more ?? false };
    if (session.actor !== null && !greeting.resume.more) await this.#finish(session, greeting, () => {});
  }

  async #finish(session: Session, greeting: Greeting, greet: () => void): Promise<void> {
    if (this.#greetings.delete(session)) await this.#ports.ready(session, greeting.resume, greet);
  }

  #welcome(actor: Actor, user: UserView, flags: WelcomeFrame['flags']): WelcomeFrame {
    const { clock, config, serverName, nodeName, durability } = this.#ports;
    return {
      t: 'welcome',
      protocol: PROTOCOL_VERSION,
      server: serverName,
      node: nodeName,
      sessionId: actor.credentialId,
      user,
      epoch: this.#ports.epoch(),
      now: clock.now(),
      heartbeatInterval: config.heartbeatInterval,
      reconnectAttempts: config.reconnectAttempts,
      durability,
      flags,
    };
  }
}
