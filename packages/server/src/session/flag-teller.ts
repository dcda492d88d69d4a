import type { Role, WelcomeFrame } from '@parley/protocol';
import type { Actor } from '../commands/handler.ts';
import type { Session } from './session.ts';

/** Sessions looked at between two turns of the loop, so that a change of a flag delays nobody's message. */
const SLICE = 200;

export interface FlagTellerPorts {
  sessions(): Iterable<Session>;
  flagsFor(actor: Actor): WelcomeFrame['flags'] | Promise<WelcomeFrame['flags']>;
  onFault(error: unknown): void;
}

/** What a session was told, and when that was asked for. */
interface Told {
  readonly text: string;
  readonly role: Role;
  readonly version: number;
}

/** Tells sockets that are open which flags their user has now, when those are others than it was told before. */
export class FlagTeller {
  readonly #ports: FlagTellerPorts;
  readonly #told = new WeakMap<Session, Told>();
  /** Raised with every change. */
  #version = 0;
  #isTelling = false;
  #isStale = false;

  constructor(ports: FlagTellerPorts) {
    this.#ports = ports;
  }

  /** What the welcome of a session says; from then on it is told what changes. */
  async welcome(session: Session, actor: Actor): Promise<WelcomeFrame['flags']> {
    const version = this.#version;
    const flags = await this.#ports.flagsFor(actor);
    this.#told.set(session, { text: JSON.stringify(flags), role: actor.serverRole, version });
    return flags;
  }

  /** Flags have changed, or the role of somebody: looks at every socket, and once more if that happens meanwhile. */
  changed(): void {
    this.#version += 1;
    this.#isStale = true;
    if (!this.#isTelling) this.#tell().catch((error: unknown) => this.#ports.onFault(error));
  }

  /** A session is ready now: what changed while it was greeted is told. */
  async look(session: Session): Promise<void> {
    const { actor } = session;
    const told = this.#told.get(session);
    // One that is being greeted is looked at when it is ready.
    if (actor === null || told === undefined || session.state !== 'ready') return;
    const version = this.#version;
    if (told.version === version && told.role === actor.serverRole) return;
    const flags = await this.#ports.flagsFor(actor);
    const text = JSON.stringify(flags);
    const last = this.#told.get(session) ?? told;
    // Whoever asked later may have had the answer sooner.
    if (!session.isOpen || last.version > version) return;
    this.#told.set(session, { text, role: actor.serverRole, version });
    if (text !== last.text) session.send({ t: 'flags', flags });
  }

  async #tell(): Promise<void> {
    this.#isTelling = true;
    try {
      while (this.#isStale) {
        this.#isStale = false;
        await this.#tellAll();
      }
    } finally {
      this.#isTelling = false;
    }
  }

  async #tellAll(): Promise<void> {
    const sessions = [...this.#ports.sessions()];
    for (let start = 0; start < sessions.length; start += SLICE) {
      await Promise.all(sessions.slice(start, start + SLICE).map((session) => this.look(session)));
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
}
