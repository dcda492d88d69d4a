import { makeUuid, type UserId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combine, type DeviceState } from './presence.ts';
import { BEAT_PERIOD_MS, LEASE_MS, type PresenceStore } from './presence-store.ts';

/** A world of nodes that share a store, with time in the test's hands. */
export interface PresenceWorld {
  /** A node's own way to the store. */
  node(name: string): PresenceStore;
  /** Lets time pass for leases. */
  pass(delayMs: number): Promise<void>;
  close(): Promise<void>;
}

const one = (userId: UserId, state: DeviceState | null) => new Map([[userId, state]]);

/** What every kind of presence store keeps. */
export function presenceStoreContract(createWorld: () => Promise<PresenceWorld>): void {
  async function inWorld(work: (world: PresenceWorld) => Promise<void>): Promise<void> {
    const world = await createWorld();
    try {
      await work(world);
    } finally {
      await world.close();
    }
  }

  test('[PRES4] every node reads what all nodes have written last', () =>
    inWorld(async (world) => {
      const change = fc.record({
        node: fc.nat(2),
        user: fc.nat(3),
        state: fc.constantFrom('active' as const, 'idle' as const, null),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 30 }), async (changes) => {
          const run = makeUuid();
          const users = Array.from({ length: 4 }, () => makeUuid() as UserId);
          const nodes = [0, 1, 2].map((index) => world.node(`${run}-${index}`));
          const model = nodes.map(() => new Map<UserId, DeviceState | null>());
          for (const { node, user, state } of changes) {
            const userId = users[user] as UserId;
            await nodes[node]?.write(one(userId, state));
            model[node]?.set(userId, state);
          }
          for (const node of nodes) {
            const found = await node.read(users);
            for (const userId of users) {
              const states = model
                .map((own) => own.get(userId))
                .filter((state) => state !== null && state !== undefined);
              expect(found.get(userId) ?? null).toBe(combine(states));
            }
          }
          for (const node of nodes) await node.leave();
          expect((await world.node(run).read(users)).size).toBe(0);
        }),
        { numRuns: 20 },
      );
    }));

  test('[CLU13] every node learns, once, that another one is there no more', () =>
    inWorld(async (world) => {
      const [first, two, gone] = ['one', 'two', 'gone'].map((name) => world.node(name)) as PresenceStore[];
      const hears = async () => [(await first?.beat())?.hasLostNode, (await two?.beat())?.hasLostNode];
      await gone?.beat();
      await hears();
      expect(await hears()).toEqual([false, false]);
      for (let beats = 0; beats * BEAT_PERIOD_MS < LEASE_MS; beats++) {
        await world.pass(BEAT_PERIOD_MS);
        if (beats < 2) await hears();
      }
      expect(await hears()).toEqual([true, true]);
      expect(await hears()).toEqual([false, false]);
    }));

  test('[PRES4] what a dead node said is void after its lease, and its users are told to a node that lives', () =>
    inWorld(async (world) => {
      const [ann, ben] = [makeUuid() as UserId, makeUuid() as UserId];
      const [dying, living] = [world.node('dying'), world.node('living')];
      await dying.write(
        new Map([
          [ann, 'active'],
          [ben, 'idle'],
        ] as const),
      );
      await living.write(one(ben, 'active'));
      const told: UserId[] = [];
      for (let waitedMs = 0; waitedMs < LEASE_MS + 2_000; waitedMs += 1_000) {
        await world.pass(1_000);
        told.push(...(await living.beat()).lost);
      }
      expect([...new Set(told)].sort()).toEqual([ann, ben].sort());
      expect(await living.read([ann, ben])).toEqual(new Map([[ben, 'active']]));
      expect((await living.beat()).lost).toEqual([]);
    }));

  test('[PRES4] a node that lives keeps its users by its beat alone, and one that was given up brings them back', () =>
    inWorld(async (world) => {
      const ann = makeUuid() as UserId;
      const [sleeper, other] = [world.node('sleeper'), world.node('other')];
      await sleeper.write(one(ann, 'idle'));
      for (let beats = 0; beats < 5; beats++) {
        await world.pass(LEASE_MS / 2);
        await sleeper.beat();
      }
      expect(await other.read([ann])).toEqual(one(ann, 'idle'));
      await world.pass(LEASE_MS * 2);
      expect((await other.read([ann])).size).toBe(0);
      expect((await other.beat()).lost).toContain(ann);
      expect((await other.read([ann])).size).toBe(0);
      expect(await sleeper.read([ann])).toEqual(one(ann, 'idle'));
      expect((await sleeper.beat()).lost).toContain(ann);
      expect(await other.read([ann])).toEqual(one(ann, 'idle'));
      expect((await sleeper.beat()).lost).toEqual([]);
    }));
}
