import type { ChannelId, MessageId, Role, Sent, UserId } from '@parley/protocol';
import type pg from 'pg';
import type { ChannelFacts } from '../fanout/committed.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { SendEntry } from '../queue/send-entry.ts';
import { type Commit, commitOf } from './commit.ts';
import { type BaseRow, layOut, sendKey } from './send-statement.ts';

/** Decides whether this member may send now; the one access rule of the channels room, handed in. */
export type SendDecision = (
  root: ChannelFacts,
  entry: SendEntry,
  member: { role: Role; serverRole: Role } | null,
) => AppError | null;

export type ExactOutcome =
  | { readonly kind: 'sent'; readonly sent: Sent }
  | { readonly kind: 'repeat'; readonly sent: Sent }
  | { readonly kind: 'refused'; readonly error: AppError };

export interface ExactResult {
  readonly outcomes: readonly ExactOutcome[];
  readonly commit: Commit | null;
  readonly fresh: readonly SendEntry[];
}

/** By then a node that did not know it has heard of it. */
const COME_BACK_RETRY_MS = 250;

/** Locks first and reads after: under READ COMMITTED only a later statement sees what the lock waited for. */
const LOCK = `
SELECT id, kind, root_id AS "rootId", archived_at IS NOT NULL AS archived, permissions, access_rev AS "accessRev"
  FROM channels WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`;
const PRIOR = `
SELECT m.channel_id, m.id, m.sender_id, m.seq, m.rev, (extract(epoch FROM m.created_at) * 1000)::bigint AS created_at
  FROM unnest($1::uuid[], $2::uuid[]) AS i(channel, id)
 CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.channel_id = i.channel AND m.id = i.id LIMIT 1) m`;
const MEMBERS = `
SELECT m.channel_id, m.user_id, m.role, m.joined_access, u.role AS server_role
  FROM unnest($1::uuid[], $2::uuid[]) AS i(channel, member)
  JOIN channel_members m ON m.channel_id = i.channel AND m.user_id = i.member AND m.left_at IS NULL
  JOIN users u ON u.id = m.user_id AND u.deactivated_at IS NULL`;

interface PriorRow {
  readonly channel_id: ChannelId;
  readonly id: MessageId;
  readonly sender_id: UserId;
  readonly seq: number;
  readonly rev: number;
  readonly created_at: number;
}

interface MemberRow {
  readonly channel_id: ChannelId;
  readonly user_id: UserId;
  readonly role: Role;
  readonly joined_access: number;
  readonly server_role: Role;
}

interface Member {
  readonly role: Role;
  readonly serverRole: Role;
  /** The channel's `accessRev` when the member came in. */
  readonly joinedAccess: number;
}

/**
 * The slow and exact way: one transaction that locks the channels, finds which entries are repeats, decides the rest anew,
 * and inserts what remains with the same statement. A repeat gets the first one's place and time, whatever has changed since,
 * and the rev that the message has by now.
 */
export async function exactCommit(
  pool: pg.Pool,
  entries: readonly SendEntry[],
  decide: SendDecision,
): Promise<ExactResult> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await inTransaction(client, entries, decide);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // The connection's state is unknown: closing it makes the server roll back.
    client.release(true);
    throw error;
  }
}

async function inTransaction(
  client: pg.PoolClient,
  entries: readonly SendEntry[],
  decide: SendDecision,
): Promise<ExactResult> {
  const ids = [...new Set(entries.flatMap((entry) => [entry.channelId, entry.rootId]))];
  const channels = new Map((await client.query<ChannelFacts>(LOCK, [ids])).rows.map((row) => [row.id, row]));
  const prior = await readPrior(client, entries);
  const members = await readMembers(client, entries);
  const outcomes = new Map<SendEntry, ExactOutcome>();
  const fresh: SendEntry[] = [];
  for (const entry of entries) {
    const repeat = prior.get(sendKey(entry.channelId, entry.id));
    const root = channels.get(entry.rootId);
    if (repeat !== undefined) outcomes.set(entry, repeatOf(entry, repeat));
    else {
      const member = members.get(entry.rootId + entry.senderId) ?? null;
      const refusal =
        root === undefined || !channels.has(entry.channelId)
          ? gone()
          : (refusalOfPast(entry, member) ?? decide(root, entry, member));
      if (refusal === null) fresh.push(entry);
      else outcomes.set(entry, { kind: 'refused', error: refusal });
    }
  }
  const commit = fresh.length === 0 ? null : await insert(client, fresh);
  fresh.forEach((entry, index) => {
    outcomes.set(entry, { kind: 'sent', sent: present(commit?.sent[index], 'sent') });
  });
  return { outcomes: entries.map((entry) => present(outcomes.get(entry), 'outcome')), commit, fresh };
}

async function insert(client: pg.PoolClient, fresh: readonly SendEntry[]): Promise<Commit> {
  const { places, ...statement } = layOut(fresh, false);
  const { rows } = await client.query<BaseRow>(statement);
  return commitOf(fresh, places, rows);
}

async function readPrior(client: pg.PoolClient, entries: readonly SendEntry[]): Promise<Map<string, PriorRow>> {
  const parameters = [entries.map((entry) => entry.channelId), entries.map((entry) => entry.id)];
  const { rows } = await client.query<PriorRow>(PRIOR, parameters);
  return new Map(rows.map((row) => [sendKey(row.channel_id, row.id), row]));
}

async function readMembers(client: pg.PoolClient, entries: readonly SendEntry[]): Promise<Map<string, Member>> {
  const pairs = new Map(entries.map((entry) => [entry.rootId + entry.senderId, entry]));
  const parameters = [
    [...pairs.values()].map((entry) => entry.rootId),
    [...pairs.values()].map((entry) => entry.senderId),
  ];
  const { rows } = await client.query<MemberRow>(MEMBERS, parameters);
  return new Map(
    rows.map((row) => [
      row.channel_id + row.user_id,
      { role: row.role, serverRole: row.server_role, joinedAccess: row.joined_access },
    ]),
  );
}

function repeatOf(entry: SendEntry, prior: PriorRow): ExactOutcome {
  if (prior.sender_id !== entry.senderId) return { kind: 'refused', error: idTaken() };
  const { seq, rev, created_at: createdAt } = prior;
  return { kind: 'repeat', sent: { channelId: entry.channelId, id: entry.id, seq, rev, createdAt } };
}

/** The answer to a message id that somebody else has used in the same channel. */
export function idTaken(): AppError {
  return new AppError('id_taken', 'unable to send the message; its id belongs to another message');
}

/**
 * A send that was allowed to a membership which has ended since, though the sender was let in again: while he was out a repeat of
 * it may have been refused for good, and what was refused must not appear. Whoever still waits for it sends it once more.
 */
function refusalOfPast(entry: SendEntry, member: Member | null): AppError | null {
  if (member === null || member.joinedAccess <= entry.accessRev) return null;
  return new AppError('busy', 'unable to send the message; its sender has left and come back', {
    retryAfterMs: COME_BACK_RETRY_MS,
  });
}

function gone(): AppError {
  return new AppError('not_found', 'unable to send the message; the channel does not exist');
}
