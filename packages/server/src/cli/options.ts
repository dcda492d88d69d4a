import { LIMITS, lineSchema, ROLES, type Role, SCOPES, type Scope, usernameSchema } from '@parley/protocol';
import { InvalidArgumentError } from 'commander';
import type { z } from 'zod';

/** Parses an argument by a schema of the protocol: the command line takes no name that the API would not. */
function parsed<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  throw new InvalidArgumentError(result.error.issues.map((issue) => issue.message).join('; '));
}

export function readUsername(text: string): string {
  return parsed(usernameSchema, text);
}

export function readName(text: string): string {
  return parsed(lineSchema(LIMITS.nameCodePoints), text);
}

export function readRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new InvalidArgumentError(`one of ${ROLES.join(', ')}`);
  return role;
}

export function readScopes(text: string): Scope[] {
  return text.split(',').map((part) => {
    const scope = SCOPES.find((known) => known === part.trim());
    if (scope === undefined) throw new InvalidArgumentError(`some of ${SCOPES.join(',')}, parted by commas`);
    return scope;
  });
}

export function readDays(text: string): number {
  const days = Number(text);
  if (!/^\d{1,5}$/.test(text) || days < 1 || days > 36_500) {
    throw new InvalidArgumentError('a whole number of days from 1 to 36500');
  }
  return days;
}
