import type { InputOf, OperationName, OutputOf } from '@parley/protocol';
import type { Subscriber } from '../hub/subscriber.ts';
import type { Actor, Origin } from '../users/actor.ts';

export type { Actor } from '../users/actor.ts';

/** What a command may know of where it came from. */
export interface CommandContext {
  readonly actor: Actor;
  /** The socket, when it came by one; null at the REST door. */
  readonly subscriber: Subscriber | null;
}

/** Operations of those who are nobody yet; they exist at the REST door only, and count against the address. */
export const ENTRY_OPERATIONS = ['auth.info', 'auth.claim_owner', 'auth.sign_up', 'auth.sign_in'] as const;
export type EntryName = (typeof ENTRY_OPERATIONS)[number];

/** What is known of somebody who is nobody yet. */
export interface EntryContext {
  readonly origin: Origin;
}

/** Turns one request into its answer. Throws `AppError` for a refusal; the door turns it into a frame or a status. */
export type Handler<Name extends OperationName> = (
  input: InputOf<Name>,
  context: Name extends EntryName ? EntryContext : CommandContext,
) => OutputOf<Name> | Promise<OutputOf<Name>>;

/** A handler for every operation: the compiler names the ones that are missing. */
export type Handlers = { readonly [Name in OperationName]: Handler<Name> };
