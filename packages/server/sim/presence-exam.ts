import type { Random } from '@parley/load-test';
import type { UserId } from '@parley/protocol';
import type { NodeSlot } from './faults.ts';
import type { SimClient } from './sim-client.ts';

/** Who is gone is shown offline after this at the latest, whatever died with him. */
const OFFLINE_MS = 45_000;

interface ExamWorld {
  readonly clients: readonly SimClient[];
  readonly slots: readonly NodeSlot[];
  startNode(slot: NodeSlot): void;
}

/** I13 after all faults: one user goes, perhaps with the node that he was on, and the others come to see it. */
export class PresenceExam {
  readonly #world: ExamWorld;
  readonly #random: Random;
  readonly #gone: UserId;
  readonly #dead: NodeSlot[] = [];
  readonly waitMs = OFFLINE_MS;

  constructor(world: ExamWorld, random: Random) {
    this.#world = world;
    this.#random = random;
    this.#gone = random.pick(world.clients).user;
  }

  letOneGo(): void {
    const own = this.#world.clients.filter(({ user }) => user === this.#gone);
    const node = this.#random.chance(0.6) && this.#random.pick(this.#world.slots);
    const others = this.#world.slots.filter((slot) => slot !== node && slot.node !== null);
    if (node !== false && node.node !== null && others.length > 0) {
      this.#dead.push(node);
      node.node.crash(this.#random.chance(0.5));
      node.node = null;
    }
    for (const client of own) {
      client.link.outage = 'refuse';
      client.connection?.break(this.#random.pick(['reset', 'vanish'] as const));
    }
  }

  /** Each picture of a user that somebody shows and that is not so. */
  mistakes(): string[] {
    const mistakes: string[] = [];
    const online = this.#world.clients.filter(({ user, isOnline }) => user !== this.#gone && isOnline);
    const here = new Set(online.map(({ user }) => user));
    for (const client of online) {
      for (const user of new Set(this.#world.clients.map((one) => one.user))) {
        const shown = client.shownAs(user);
        const isRight = here.has(user) ? shown === 'online' : shown === 'offline';
        if (!isRight) mistakes.push(`${client.proc} shows ${user} as ${shown}, ${here.has(user) ? 'here' : 'gone'}`);
      }
    }
    return mistakes;
  }

  letHimComeBack(): void {
    for (const slot of this.#dead) this.#world.startNode(slot);
    for (const { user, link } of this.#world.clients) if (user === this.#gone) link.outage = null;
  }
}
