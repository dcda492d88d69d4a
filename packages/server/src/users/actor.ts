import type { Role, Scope, UserId } from '@parley/protocol';

/** Where a request or a socket comes from; the address is the peer's, or what trusted proxies say. */
export interface Origin {
  readonly address: string;
  readonly userAgent: string;
}

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
