import type { InputOf, OperationName, OutputOf, Role, Scope, UserId } from '@parley/protocol';
import type { Subscriber } from '../hub/subscriber.ts';

/** Who asks: a user, by whichever credential. */
export interface Actor {
  readonly userId: UserId;
  readonly serverRole: Role;
  readonly kind: 'human' | 'bot';
  /** The session, key or token that authenticated; what a revocation names. */
  readonly credentialId: string;
  readonly credential: 'session' | 'key' | 'jwt' | 'local';
  /** Null: everything. API keys carry a list. */
  readonly scopes: readonly Scope[] | null;
  /** Peer address, from trusted proxies only; for audit and limits. */
  readonly address: string;
  /** Epoch milliseconds after which the credential is void; null when it has no end. */
  readonly expiresAt: number | null;
}

/** What a command may know of where it came from. */
export interface CommandContext {
  readonly actor: Actor;
  /** The socket, when it came by one; null at the REST door. */
  readonly subscriber: Subscriber | null;
}

/** Turns one request into its answer. Throws `AppError` for a refusal; the door turns it into a frame or a status. */
export type Handler<Name extends OperationName> = (
  input: InputOf<Name>,
  context: CommandContext,
) => OutputOf<Name> | Promise<OutputOf<Name>>;

/** A handler for every operation: the compiler names the ones that are missing. */
export type Handlers = { readonly [Name in OperationName]: Handler<Name> };
