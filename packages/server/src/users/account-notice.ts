import type { Role, UserId, UserView } from '@parley/protocol';

/** What live sockets must learn of an account, after the change is committed and before it is acknowledged. */
export type AccountNotice =
  /** The user's sockets end: those of one credential, or all but one. */
  | {
      readonly kind: 'cut';
      readonly userId: UserId;
      readonly reason: 'revoked' | 'deactivated';
      readonly sessionId?: string | undefined;
      readonly except?: string | undefined;
    }
  /** What the user's sockets may do from now on. */
  | { readonly kind: 'role'; readonly userId: UserId; readonly role: Role }
  | { readonly kind: 'frame'; readonly userId: UserId; readonly json: string };

/** Hands a notice to whoever listens on any node. */
export type TellAccount = (notice: AccountNotice) => void;

/** Shows the user's own devices what they are called and what they may do now. */
export function changedNotice(user: UserView): AccountNotice {
  return { kind: 'frame', userId: user.id, json: JSON.stringify({ t: 'user', user }) };
}
