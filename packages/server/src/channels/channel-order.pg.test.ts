import {
  type ChannelId,
  DEFAULT_PERMISSIONS,
  type MessageId,
  makeUuid,
  type RevEvent,
  type Role,
  type UserId,
} from '@parley/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ChannelFacts } from '../fanout/committed.ts';
import { present } from '../lib/assert.ts';
import { query } from '../storage/postgres.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { codeOf, TestRooms } from '../testing/test-rooms.ts';
import { readAccess } from './access-store.ts';

const PEOPLE = 6;
const MAX_MEMBERS = 5;

let database: MigratedDatabase;
let people: UserId[];
beforeAll(async () => {
  database = await migratedDatabase();
  people = await Promise.all(Array.from({ length: PEOPLE }, (_, index) => addUser(database, `person-${index}`)));
});
afterAll(() => database.drop());

const person = fc.integer({ min: 0, max: PEOPLE - 1 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('send' as const), isStale: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('join' as const, 'leave' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('kick' as const, 'ban' as const, 'unban' as const, 'invite' as const),
      to: person,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      to: person,
      role: fc.constantFrom<Role>('owner', 'admin', 'member', 'guest'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('silence' as const, 'unsilence' as const, 'archive' as const, 'unarchive' as const),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One person's steps, one after the other; the programs of all run at once. */
async function run(rooms: TestRooms, channelId: ChannelId, userId: UserId, steps: readonly Step[]): Promise<void> {
  const early = present(await readAccess(database.db, userId, channelId), 'access');
  const kept = early.role === null ? null : early.root;
  for (const one of steps) {
    const target = 'to' in one ? { userId, channelId, targetId: present(people[one.to], 'person') } : null;
    await codeOf(perform(rooms, channelId, userId, one, target?.targetId ?? userId, kept));
  }
}

function perform(
  rooms: TestRooms,
  channelId: ChannelId,
  userId: UserId,
  one: Step,
  targetId: UserId,
  kept: ChannelFacts | null,
): Promise<unknown> {
  const target = { userId, channelId, targetId };
  switch (one.do) {
    case 'send':
      return one.isStale && kept !== null
        ? sendAsAllowedBefore(rooms, kept, userId)
        : rooms.send(userId, channelId, 'x');
    case 'join':
      return rooms.members.join(userId, channelId);
    case 'leave':
      return rooms.members.leave(userId, channelId);
    case 'kick':
      return rooms.members.kick(target);
    case 'ban':
    case 'unban':
      return rooms.members.ban(target, one.do === 'ban');
    case 'invite':
      return rooms.members.invite(userId, channelId, [targetId]);
    case 'role':
      return rooms.members.setRole(target, one.role);
    case 'silence':
      return rooms.channelChanges.update(userId, { channelId, permissions: { member: ['channel.read'] } });
    case 'unsilence':
      return rooms.channelChanges.update(userId, { channelId, permissions: {} });
    default:
      return rooms.channelChanges.archive(userId, channelId, one.do === 'archive');
  }
}

/** What a node does whose knowledge is old: what was allowed to a member then, it hands to the writer under that rev. */
function sendAsAllowedBefore(rooms: TestRooms, kept: ChannelFacts, senderId: UserId): Promise<unknown> {
  const { id: channelId, accessRev } = kept;
  const shape = { replyTo: null, mentions: null, everyone: null, attachments: null, acceptedAt: 0 };
  const id = makeUuid() as MessageId;
  return rooms.writer.write([{ channelId, rootId: channelId, id, senderId, body: 'x', accessRev, ...shape }]);
}

/** The channel as its events tell it, one after the other. */
class Model {
  readonly roles = new Map<UserId, Role>();
  readonly joinedSeq = new Map<UserId, number>();
  rev = 1;
  lastSeq = 0;
  silenced = false;
  archived = false;

  apply(event: RevEvent): void {
    expect(event.rev).toBe(this.rev + 1);
    this.rev = event.rev;
    if (event.t === 'message') this.#applyMessage(event.message.senderId, event.message.seq);
    else if (event.t === 'channel') {
      this.silenced = event.view.permissions.member !== undefined;
      this.archived = event.view.archivedAt !== null;
      expect(event.view).toMatchObject({ rev: event.rev, memberCount: this.roles.size, lastSeq: this.lastSeq });
    } else this.#applyMembers(event);
  }

  #applyMessage(senderId: UserId, seq: number): void {
    expect(seq).toBe(this.lastSeq + 1);
    this.lastSeq = seq;
    const role = this.roles.get(senderId);
    expect(role, 'only members send').toBeDefined();
    expect(this.archived, 'nobody sends into an archived channel').toBe(false);
    const mayMembers = !this.silenced && DEFAULT_PERMISSIONS.member.includes('message.send');
    if (role === 'member') expect(mayMembers, 'who was silenced is silent').toBe(true);
  }

  #applyMembers(event: RevEvent & { t: 'members' }): void {
    for (const { userId, role } of event.joined) {
      if (!this.roles.has(userId)) this.joinedSeq.set(userId, this.lastSeq);
      this.roles.set(userId, role);
    }
    for (const userId of event.left) expect(this.roles.delete(userId), 'only members leave').toBe(true);
    expect(event.memberCount).toBe(this.roles.size);
    expect(this.roles.size).toBeLessThanOrEqual(MAX_MEMBERS);
    if (this.roles.size > 0) expect([...this.roles.values()]).toContain('owner');
  }
}

async function checkDatabase(model: Model, channelId: ChannelId): Promise<void> {
  const [channel] = await query(
    database.db,
    'SELECT last_rev AS rev, last_seq AS "lastSeq", member_count AS "memberCount" FROM channels WHERE id = $1',
    [channelId],
  );
  expect(channel).toEqual({ rev: model.rev, lastSeq: model.lastSeq, memberCount: model.roles.size });
  const members = await query<{ userId: UserId; role: Role; joinedSeq: number }>(
    database.db,
    `SELECT user_id AS "userId", role, joined_seq AS "joinedSeq" FROM channel_members WHERE channel_id = $1 AND left_at IS NULL`,
    [channelId],
  );
  expect(new Map(members.map((member) => [member.userId, member.role]))).toEqual(model.roles);
  for (const { userId, joinedSeq } of members) expect(joinedSeq).toBe(model.joinedSeq.get(userId));
  const banned = await query(
    database.db,
    'SELECT 1 FROM channel_bans b JOIN channel_members m USING (channel_id, user_id) WHERE channel_id = $1 AND left_at IS NULL',
    [channelId],
  );
  expect(banned).toEqual([]);
}

test('[CHAN2] [ACC1] however joins, leaves, kicks, bans, roles, permissions and sends race, their events tell one true story', async () => {
  const programs = fc.array(fc.array(step, { minLength: 4, maxLength: 10 }), { minLength: PEOPLE, maxLength: PEOPLE });
  await fc.assert(
    fc.asyncProperty(programs, async (all) => {
      const rooms = new TestRooms(database);
      const [owner, ...others] = people as [UserId, ...UserId[]];
      const memberIds = others.slice(0, 3);
      const input = { kind: 'public' as const, name: makeUuid(), maxMembers: MAX_MEMBERS, memberIds };
      const channelId = (await rooms.channelCreation.create({ userId: owner, serverRole: 'member' }, input)).channel.id;
      await Promise.all(all.map((steps, index) => run(rooms, channelId, present(people[index], 'person'), steps)));
      const model = new Model();
      model.roles.set(owner, 'owner');
      for (const userId of memberIds) model.roles.set(userId, 'member');
      for (const userId of [owner, ...memberIds]) model.joinedSeq.set(userId, 0);
      for (const event of rooms.eventsOf(channelId)) model.apply(event);
      for (const { event, effect } of rooms.published) {
        if (event.t !== 'members') continue;
        expect(effect?.left ?? []).toEqual(event.left);
        expect(effect?.joined ?? []).toEqual(event.joined.map((member) => [member.userId, member.role]));
      }
      await checkDatabase(model, channelId);
    }),
    { numRuns: 25 },
  );
});
