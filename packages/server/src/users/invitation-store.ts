import type { ChannelId, InvitationView, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import { type Queryable, query, type Tx } from '../storage/postgres.ts';
import { hashToken, isToken } from './tokens.ts';

const VIEW = `i.id, i.channel_id AS "channelId", i.role, i.created_by AS "createdBy", i.created_at AS "createdAt",
              i.expires_at AS "expiresAt", i.max_uses AS "maxUses", i.uses`;

/**
 * Still good: not expired, a use left, and its author, where it has one, is active and, for the server alone, still an admin
 * of it. Revoking removes the row.
 */
const VALID = `(i.expires_at IS NULL OR i.expires_at > $2) AND (i.max_uses IS NULL OR i.uses < i.max_uses)
           AND (i.created_by IS NULL OR EXISTS
                (SELECT FROM users u WHERE u.id = i.created_by AND u.deactivated_at IS NULL
                    AND (i.channel_id IS NOT NULL OR u.role IN ('owner', 'admin'))))`;

export interface NewInvitation {
  readonly id: string;
  readonly code: string;
  /** Null: to the server alone. */
  readonly channelId: ChannelId | null;
  readonly role: 'member' | 'guest';
  readonly createdBy: UserId | null;
  readonly nowMs: number;
  readonly expiresAtMs: number | null;
  readonly maxUses: number | null;
}

/** Stores an invitation; of its code only the hash. */
export async function insertInvitation(on: Queryable, invitation: NewInvitation): Promise<InvitationView> {
  const rows = await query<InvitationView>(
    on,
    `INSERT INTO invitations AS i (id, code_hash, channel_id, role, created_by, created_at, expires_at, max_uses)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${VIEW}`,
    [
      invitation.id,
      hashToken(invitation.code),
      invitation.channelId,
      invitation.role,
      invitation.createdBy,
      new Date(invitation.nowMs),
      invitation.expiresAtMs === null ? null : new Date(invitation.expiresAtMs),
      invitation.maxUses,
    ],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('unable to store the invitation; the database returned no row');
  return row;
}

/** Invitations made by one user, or all with null; the newest first, at most `limit`. */
export function listInvitations(on: Queryable, createdBy: UserId | null, limit: number): Promise<InvitationView[]> {
  return query(
    on,
    `SELECT ${VIEW} FROM invitations i WHERE $1::uuid IS NULL OR i.created_by = $1
      ORDER BY i.created_at DESC, i.id DESC LIMIT $2`,
    [createdBy, limit],
  );
}

/** Ends an invitation, whoever made it or only one's own; false when there is none such. */
export async function deleteInvitation(on: Queryable, id: string, createdBy: UserId | null): Promise<boolean> {
  const rows = await query(
    on,
    'DELETE FROM invitations WHERE id = $1 AND ($2::uuid IS NULL OR created_by = $2) RETURNING id',
    [id, createdBy],
  );
  return rows.length > 0;
}

/** What an invitation lets in to. */
export interface Admission {
  readonly invitationId: string;
  readonly channelId: ChannelId | null;
  readonly role: 'member' | 'guest';
  readonly createdBy: UserId | null;
}

/** One that lets into a channel. */
export type ChannelAdmission = Admission & { readonly channelId: ChannelId };

export function isToChannel(admission: Admission): admission is ChannelAdmission {
  return admission.channelId !== null;
}

const ADMISSION = `i.id AS "invitationId", i.channel_id AS "channelId", i.role, i.created_by AS "createdBy"`;

/** Looks without using it up; throws `invitation_invalid`. */
export async function peekInvitation(on: Queryable, code: string, nowMs: number): Promise<Admission> {
  const rows = isToken('invitation', code)
    ? await query<Admission>(on, `SELECT ${ADMISSION} FROM invitations i WHERE i.code_hash = $1 AND ${VALID}`, [
        hashToken(code),
        new Date(nowMs),
      ])
    : [];
  return admitted(rows[0]);
}

/**
 * Takes one use inside the caller's transaction: it counts only if that commits, and of several who race for the last use
 * the row lock lets one win. Throws `invitation_invalid`, whatever the reason: which codes exist is nobody's business.
 */
export async function redeemInvitation(tx: Tx, code: string, nowMs: number): Promise<Admission> {
  const rows = isToken('invitation', code)
    ? await query<Admission>(
        tx,
        `UPDATE invitations i SET uses = i.uses + 1 WHERE i.code_hash = $1 AND ${VALID} RETURNING ${ADMISSION}`,
        [hashToken(code), new Date(nowMs)],
      )
    : [];
  return admitted(rows[0]);
}

function admitted(admission: Admission | undefined): Admission {
  if (admission !== undefined) return admission;
  throw invitationInvalid();
}

/** The one answer to every invitation that does not hold. */
export function invitationInvalid(): AppError {
  return new AppError('invitation_invalid', 'unable to use the invitation; it is unknown, expired, revoked or used up');
}
