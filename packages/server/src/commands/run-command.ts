import { type InputOf, OPERATIONS, type OperationName, type Scope } from '@parley/protocol';
import type { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import { demandVerdict, type RateLimiter } from '../rate-limit/rate-limiter.ts';
import type { Actor, CommandContext, EntryContext, EntryName, Handlers } from './handler.ts';
import { inTurn } from './in-turn.ts';

/** How much the per-user policies stretch for this actor. */
export type FactorOf = (actor: Actor) => number;

export interface CommandPorts {
  readonly handlers: Handlers;
  readonly limiter: RateLimiter;
  readonly factorOf: FactorOf;
}

export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/**
 * Parses the input, checks scope and rate, and runs the handler: the same steps at every door. Returns a plain value or a
 * promise: a send whose access is known is in the queue when this returns. Throws, or rejects with, `AppError`.
 */
export function runCommand(
  ports: CommandPorts,
  name: OperationName,
  rawInput: unknown,
  context: CommandContext,
): unknown {
  const { actor } = context;
  const entry = OPERATIONS[name];
  demandScope(actor, entry.scope);
  const input = parseInput(entry.input, rawInput);
  const verdict = ports.limiter.take(entry.policy, actor.userId, ports.factorOf(actor));
  if (verdict instanceof Promise) {
    const counted = verdict.then((settled) => demandVerdict(settled, name));
    // A send that waits for its verdict must not be overtaken by one that needs no waiting.
    const turn = name === 'message.send' ? inTurn(context.subscriber, counted) : counted;
    return turn.then(() => call(ports.handlers, name, input, context));
  }
  demandVerdict(verdict, name);
  return call(ports.handlers, name, input, context);
}

function call(handlers: Handlers, name: OperationName, input: unknown, context: CommandContext): unknown {
  // The name picks schema and handler alike, which the compiler cannot follow through a union of all names.
  const handler = handlers[name] as (input: InputOf<OperationName>, context: CommandContext) => unknown;
  return handler(input as InputOf<OperationName>, context);
}

/** Parses the input of an operation for those who are nobody yet, counts it against their address, and runs its handler. */
export async function runEntry(
  ports: CommandPorts,
  name: EntryName,
  rawInput: unknown,
  context: EntryContext & { readonly addressKey: string },
): Promise<unknown> {
  const entry = OPERATIONS[name];
  const input = parseInput(entry.input, rawInput);
  demandVerdict(await ports.limiter.take(entry.policy, `address:${context.addressKey}`), name);
  const handler = ports.handlers[name] as (input: InputOf<EntryName>, context: EntryContext) => unknown;
  return handler(input as InputOf<EntryName>, { origin: context.origin });
}

/** Parses with a schema; throws `bad_request` (or `bad_text`) that says what is wrong where, without the content. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 10)
    .map((issue) => ({ path: issue.path.join('.').slice(0, 100), message: issue.message.slice(0, 200) }));
  const code = issues.some((issue) => issue.message === 'bad_text') ? 'bad_text' : 'bad_request';
  throw new AppError(
    code,
    `unable to read the request; ${issues[0]?.path || 'it'}: ${issues[0]?.message ?? 'wrong shape'}`,
    { issues },
  );
}

function demandScope(actor: Actor, scope: Scope): void {
  if (actor.scopes !== null && !actor.scopes.includes(scope)) {
    throw new AppError('scope_missing', `unable to do this; the key lacks the scope ${scope}`);
  }
}
