import type { PresenceData, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { type TestDevice, TestPresenceWorld } from '../testing/test-presence.ts';
import { combine, type DeviceState } from './presence.ts';
import { LEASE_MS } from './presence-store.ts';

let database: MigratedDatabase;
let world: TestPresenceWorld;
let names = 0;
beforeAll(async () => {
  database = await migratedDatabase();
});
beforeEach(() => {
  world = new TestPresenceWorld(database);
});
afterEach(async () => {
  await world.close();
  expect(world.errors).toEqual([]);
});
afterAll(() => database.drop());

const addUsers = (count: number): Promise<UserId[]> =>
  Promise.all(Array.from({ length: count }, () => addUser(database, `present-${++names}`)));

async function lastSeenOf(userId: UserId): Promise<number | null> {
  const rows = await query<{ at: number | null }>(database.db, 'SELECT last_seen_at AS at FROM users WHERE id = $1', [
    userId,
  ]);
  return rows[0]?.at ?? null;
}

describe('presence', () => {
  test('[PRES5] a watcher gets the state first and each difference after, in one frame for those of a moment', async () => {
    const [ann, ben, cat] = (await addUsers(3)) as [UserId, UserId, UserId];
    const [one, two] = [world.addNode(), world.addNode()];
    const watcher = one.connect(ann);
    await world.pass(200);
    expect(await watcher.watch([ann, ben, cat])).toEqual([
      { userId: ann, status: 'online', lastSeen: world.clock.now() - 200, availability: 'online' },
      { userId: ben, status: 'offline', lastSeen: null },
      { userId: cat, status: 'offline', lastSeen: null },
    ]);
    const phone = two.connect(ben);
    one.connect(cat);
    await world.pass(300);
    expect(watcher.frames).toHaveLength(1);
    expect([...watcher.seen.values()].map(({ status }) => status)).toEqual(['online', 'online', 'online']);
    await two.room.set(ben, phone, { idle: true });
    await world.pass(300);
    expect(watcher.seen.get(ben)).toMatchObject({ status: 'away' });
    await two.room.set(ben, phone, { idle: false, status: 'away', doNotDisturb: true, statusText: 'lunch' });
    await world.pass(300);
    expect(watcher.seen.get(ben)).toMatchObject({ status: 'away', doNotDisturb: true, statusText: 'lunch' });
    await watcher.watch([cat]);
    await two.room.set(ben, phone, { status: 'online' });
    await world.pass(300);
    expect(watcher.seen.has(ben)).toBe(false);
    expect((await one.room.get({ userId: ann, serverRole: 'member' }, [ben]))[0]).toMatchObject({ status: 'online' });
  });

  test('[PRES10] whoever watches somebody learns his new name at once, and when the word of it was lost, soon', async () => {
    const [ann, ben, eve] = (await addUsers(3)) as [UserId, UserId, UserId];
    const [one, two] = [world.addNode(), world.addNode()];
    const [watcher, other] = [one.connect(ann), one.connect(eve)];
    await world.pass(200);
    await watcher.watch([ben]);
    await other.watch([ann]);
    const rename = (name: string) =>
      query(database.db, 'UPDATE users SET display_name = $2 WHERE id = $1', [ben, name]);
    await rename('Benjamin');
    two.room.renamed(ben);
    await world.pass(300);
    expect(watcher.names).toEqual(['Benjamin']);
    await rename('Benny');
    await world.pass(60_000);
    expect(watcher.names).toEqual(['Benjamin', 'Benny']);
    expect(other.names).toEqual([]);
    expect(watcher.frames).toEqual([]);
  });

  test('[PRES6] a socket that closes is offline within 2 s, with the time, and one that comes back is never told', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const node = world.addNode();
    const watcher = node.connect(ann);
    const first = node.connect(ben);
    await world.pass(500);
    await watcher.watch([ben]);
    node.room.gone(first);
    await world.pass(500);
    const second = node.connect(ben);
    await world.pass(3_000);
    expect(watcher.frames).toEqual([]);
    const closedAt = world.clock.now();
    node.room.gone(second);
    await world.pass(2_000);
    expect(watcher.frames).toEqual([[{ userId: ben, status: 'offline', lastSeen: closedAt }]]);
    expect(await lastSeenOf(ben)).toBe(closedAt);
  });

  test('[PRES2] who is invisible looks gone since he chose it, through whatever his devices do', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const node = world.addNode();
    const watcher = node.connect(ann);
    let phone = node.connect(ben);
    await world.pass(500);
    await watcher.watch([ben]);
    const chosenAt = world.clock.now();
    await node.room.set(ben, phone, { status: 'invisible' });
    for (let round = 0; round < 3; round++) {
      await world.pass(5_000);
      node.room.gone(phone);
      await world.pass(5_000);
      phone = node.connect(ben);
    }
    await world.pass(1_000);
    expect(watcher.frames).toEqual([[{ userId: ben, status: 'offline', lastSeen: chosenAt }]]);
    expect(await phone.watch([ben])).toEqual([
      { userId: ben, status: 'offline', lastSeen: chosenAt, availability: 'invisible' },
    ]);
    await node.room.set(ben, phone, { status: 'online' });
    await world.pass(300);
    expect(watcher.seen.get(ben)).toEqual({ userId: ben, status: 'online', lastSeen: world.clock.now() - 300 });
  });

  test('[PRES3] a status text ends by itself, and watchers are told', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const node = world.addNode();
    const watcher = node.connect(ann);
    await watcher.watch([ben]);
    await node.room.set(ben, null, { statusText: 'back soon', statusEmoji: '🍵', statusForMs: 60_000 });
    await world.pass(300);
    const until = world.clock.now() - 300 + 60_000;
    expect(watcher.seen.get(ben)).toMatchObject({ statusText: 'back soon', statusEmoji: '🍵', statusUntil: until });
    await node.room.set(ben, null, { doNotDisturb: true });
    await world.pass(59_700);
    expect(watcher.seen.get(ben)).toMatchObject({ statusText: 'back soon', doNotDisturb: true });
    await world.pass(300);
    expect(watcher.seen.get(ben)?.statusText).toBeUndefined();
    expect(watcher.seen.get(ben)?.doNotDisturb).toBe(true);
  });

  test('[PRES7] a guest of the server sees only those he shares a channel with, and only while he does', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const guest = await addUser(database, `guest-${++names}`, 'guest');
    const shared = await addChannel(database, [ann, guest]);
    const node = world.addNode();
    const watcher = node.connect(guest, 'guest');
    node.connect(ann);
    node.connect(ben);
    await world.pass(500);
    expect((await watcher.watch([ann, ben, guest])).map((state) => state.userId).sort()).toEqual([ann, guest].sort());
    expect(await node.room.get(watcher, [ben])).toEqual([]);
    await query(database.db, 'UPDATE channel_members SET left_at = now() WHERE channel_id = $1 AND user_id = $2', [
      shared,
      guest,
    ]);
    await node.room.left([guest]);
    expect(watcher.frames).toEqual([[{ userId: ann, status: 'offline', lastSeen: null }]]);
    await node.room.set(ann, null, { statusText: 'secret' });
    await world.pass(500);
    expect(watcher.frames).toHaveLength(1);
  });

  test('a node that drains takes its users with it, and a watcher that has gone is forgotten', async () => {
    const [ann, ben] = (await addUsers(2)) as [UserId, UserId];
    const [one, two] = [world.addNode(), world.addNode()];
    const watcher = one.connect(ann);
    two.connect(ben);
    await world.pass(500);
    await watcher.watch([ben]);
    expect(watcher.seen.get(ben)?.status).toBe('online');
    await two.room.drain();
    two.crash();
    await world.pass(300);
    expect(watcher.seen.get(ben)?.status).toBe('offline');
    expect(one.room.watchedCount).toBe(1);
    one.room.gone(watcher);
    expect(await watcher.watch([ben])).toEqual([]);
    expect(one.room.watchedCount).toBe(0);
  });

  test('[PRES5] however devices come, go and crash over several nodes, watchers end with the truth', async () => {
    const node = fc.nat(2);
    const user = fc.nat(2);
    const step = fc.oneof(
      fc.record({ do: fc.constantFrom('connect' as const, 'close' as const, 'idle' as const), node, user }),
      fc.record({ do: fc.constant('watch' as const), node, user }),
      fc.record({ do: fc.constantFrom('away' as const, 'online' as const), node, user }),
      fc.record({ do: fc.constant('crash' as const), node, user }),
      fc.record({ do: fc.constant('pass' as const), node, user, passMs: fc.integer({ min: 50, max: 1_500 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.boolean(), async (steps, isLossy) => {
        const storm = new TestPresenceWorld(database);
        let notices = 0;
        storm.loses = () => isLossy && ++notices % 2 === 0;
        const users = await addUsers(3);
        const viewer = (await addUsers(1))[0] as UserId;
        const nodes = [storm.addNode(), storm.addNode(), storm.addNode()];
        const devices: { device: TestDevice; isIdle: boolean; isOpen: boolean }[] = [];
        const chosen = new Map<UserId, 'away' | 'online'>();
        const watchers = nodes.map((one) => one.connect(viewer));
        for (const one of steps) {
          const on = nodes[one.node] as (typeof nodes)[number];
          const userId = users[one.user] as UserId;
          const own = devices.find((each) => each.isOpen && each.device.node === on && each.device.userId === userId);
          if (one.do === 'pass') await storm.pass(one.passMs);
          else if (!on.isAlive) continue;
          else if (one.do === 'connect') devices.push({ device: on.connect(userId), isIdle: false, isOpen: true });
          else if (one.do === 'close' && own !== undefined) {
            own.isOpen = false;
            on.room.gone(own.device);
          } else if (one.do === 'idle' && own !== undefined) {
            own.isIdle = !own.isIdle;
            await on.room.set(userId, own.device, { idle: own.isIdle });
          } else if (one.do === 'watch') void watchers[one.node]?.watch(users);
          else if (one.do === 'away' || one.do === 'online') {
            chosen.set(userId, one.do);
            await on.room.set(userId, null, { status: one.do });
          } else if (one.do === 'crash' && nodes.filter((each) => each.isAlive).length > 1) on.crash();
        }
        await storm.quiet();
        const living = watchers.filter((watcher) => watcher.node.isAlive);
        for (const watcher of living) if (watcher.seen.size === 0) await watcher.watch(users);
        await storm.pass(isLossy ? LEASE_MS + 40_000 : LEASE_MS + 7_000);
        const statusOf = (userId: UserId): PresenceData['status'] => {
          const states = devices
            .filter(({ device, isOpen }) => isOpen && device.node.isAlive && device.userId === userId)
            .map(({ isIdle }): DeviceState => (isIdle ? 'idle' : 'active'));
          const combined = combine(states);
          if (combined === null) return 'offline';
          return combined === 'idle' || chosen.get(userId) === 'away' ? 'away' : 'online';
        };
        for (const watcher of living) {
          for (const userId of users) expect(watcher.seen.get(userId)?.status).toBe(statusOf(userId));
        }
        expect(storm.errors).toEqual([]);
        await storm.close();
      }),
      { numRuns: 25 },
    );
  });
});
