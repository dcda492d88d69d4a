import { createHash } from 'node:crypto';
import {
  type ChannelId,
  type InputOf,
  type JoinedChannel,
  LIMITS,
  makeUuid,
  type Role,
  type UserId,
} from '@parley/protocol';
import { record } from '../audit/audit.ts';
import type { Fanout } from '../fanout/fanout.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { type Database, errorCode, type Tx, UNIQUE_VIOLATION } from '../storage/postgres.ts';
import { demandCandidates, demandSpace, firstRole } from './admission.ts';
import { normalPermissions } from './channel-permissions.ts';
import { findDirect, insertChannel, insertDirect, readOwnChannel } from './channel-store.ts';
import { insertMembers, shareChannels } from './membership-store.ts';
import { demandChannelCreation } from './permissions.ts';

/** Who makes a channel. */
export interface Founder {
  readonly userId: UserId;
  readonly serverRole: Role;
  /** For the audit log. */
  readonly address?: string | null;
}

/** The rev at which a channel and its first members come into being; nobody listens yet, so it has no event. */
const FIRST_REV = 1;

/** A channel, and whom it is new to. */
interface Founded {
  readonly id: ChannelId;
  readonly newcomers: readonly UserId[];
}

/** Makes channels and direct conversations, and tells those who are in them. */
export class ChannelCreation {
  readonly #db: Database;
  readonly #fanout: Fanout;

  constructor(db: Database, fanout: Fanout) {
    this.#db = db;
    this.#fanout = fanout;
  }

  /** Makes a channel with the founder as its owner and, at once, its other members. */
  async create(founder: Founder, input: InputOf<'channel.create'>): Promise<JoinedChannel> {
    demandChannelCreation(founder.serverRole);
    const { kind, name, topic = '', maxMembers = null } = input;
    const others = [...new Set(input.memberIds)].filter((userId) => userId !== founder.userId);
    const memberCount = others.length + 1;
    demandSpace(memberCount, maxMembers);
    const permissions = normalPermissions(input.permissions ?? {});
    try {
      return await this.#found(founder, async (tx, id) => {
        const candidates = await demandCandidates(tx, others);
        await insertChannel(tx, {
          id,
          kind,
          name,
          topic,
          maxMembers,
          permissions,
          createdBy: founder.userId,
          memberCount,
        });
        const { userId: actorId, address = null } = founder;
        await record(tx, { actorId, action: 'channel.created', target: id, details: { kind }, address });
        const members = candidates.map((user) => ({ id: user.id, role: firstRole(user.serverRole) }));
        return await enter(tx, id, [{ id: founder.userId, role: 'owner' }, ...members]);
      });
    } catch (error) {
      throw nameTaken(error) ?? error;
    }
  }

  /** Gives the direct conversation of the founder and these users: the same people always get the same one. */
  async direct(founder: Founder, userIds: readonly UserId[]): Promise<JoinedChannel> {
    const people = [...new Set([founder.userId, ...userIds])].sort();
    if (people.length > LIMITS.directMembers) {
      throw new AppError('too_large', `unable to open the conversation; at most ${LIMITS.directMembers} take part`);
    }
    const directKey = createHash('sha256').update(people.join(',')).digest('hex');
    return await this.#found(founder, async (tx, id) => {
      const existing = await findDirect(tx, directKey);
      if (existing !== null) return { id: existing, newcomers: [] };
      await demandCandidates(tx, people);
      await demandAcquainted(tx, founder, people);
      const direct = { id, directKey, createdBy: founder.userId, memberCount: people.length };
      // Of two who open it at once the second waits here for the first, and then finds the same conversation.
      if (!(await insertDirect(tx, direct))) {
        return { id: present(await findDirect(tx, directKey), 'direct conversation'), newcomers: [] };
      }
      const members = people.map((userId) => ({ id: userId, role: 'member' as const }));
      return await enter(tx, id, members);
    });
  }

  /**
   * Commits what `work` founds, then tells those it is new to, and the founder in any case: the answer says that he is in, and
   * had his node missed that until now, his sockets would not hear what follows.
   */
  async #found(founder: Founder, work: (tx: Tx, id: ChannelId) => Promise<Founded>): Promise<JoinedChannel> {
    const newId = makeUuid() as ChannelId;
    let founded: Founded | null = null;
    try {
      const joined = await this.#db.transaction().execute(async (tx) => {
        founded = await work(tx, newId);
        return await readOwnChannel(tx, founder.userId, founded.id);
      });
      return present(joined, 'membership');
    } finally {
      // Also where the commit's answer was lost: the notice only makes its readers look.
      if (founded !== null) this.#tell(founder, founded);
    }
  }

  #tell(founder: Founder, { id, newcomers }: Founded): void {
    for (const userId of new Set([founder.userId, ...newcomers]))
      this.#fanout.user({ kind: 'joined', userId, channelId: id });
  }
}

async function enter(
  tx: Tx,
  id: ChannelId,
  members: readonly { readonly id: UserId; readonly role: Role }[],
): Promise<Founded> {
  const joined = await insertMembers(tx, { channelId: id, members, lastSeq: 0, rev: FIRST_REV });
  return { id, newcomers: joined.map((member) => member.userId) };
}

/** Guests of the server may write to those they share a channel with, and find nobody else. */
async function demandAcquainted(tx: Tx, founder: Founder, people: readonly UserId[]): Promise<void> {
  if (founder.serverRole !== 'guest') return;
  const others = people.filter((userId) => userId !== founder.userId);
  if (!(await shareChannels(tx, founder.userId, others))) {
    throw new AppError(
      'not_found',
      'unable to open the conversation; not all of the users are in a channel of the guest',
    );
  }
}

/** The answer when a public channel of this name exists, if that is what went wrong. */
export function nameTaken(error: unknown): AppError | null {
  const isTaken = errorCode(error) === UNIQUE_VIOLATION;
  return isTaken ? new AppError('conflict', 'unable to name the channel; another public channel has this name') : null;
}
