import { createHash } from 'node:crypto';
import type { FlagRule, FlagValue } from '@parley/protocol';
import type { DeclaredFlag } from './declared.ts';

/** What an operator has made of a flag. */
export interface FlagState {
  readonly rules: readonly FlagRule[];
  readonly killed: boolean;
}

/** For whom a flag is asked. */
export interface FlagContext {
  readonly userId: string;
  readonly role: string;
  readonly environment: string;
}

/** Why a flag has its value; the reasons of OpenFeature. */
export type FlagReason = 'DEFAULT' | 'DISABLED' | 'SPLIT' | 'TARGETING_MATCH';

/** The value of a flag for somebody: the kill switch comes first, then the first rule that fits, then the default. */
export function evaluate(
  name: string,
  declared: DeclaredFlag,
  state: FlagState | undefined,
  context: FlagContext,
): { value: FlagValue; reason: FlagReason } {
  if (state === undefined) return { value: declared.default, reason: 'DEFAULT' };
  if (state.killed) return { value: declared.off, reason: 'DISABLED' };
  const rule = state.rules.find((candidate) => fits(name, candidate, context));
  if (rule === undefined) return { value: declared.default, reason: 'DEFAULT' };
  return { value: rule.value, reason: rule.percentage === undefined ? 'TARGETING_MATCH' : 'SPLIT' };
}

function fits(name: string, rule: FlagRule, { userId, role, environment }: FlagContext): boolean {
  if (rule.users !== undefined && !rule.users.some((id) => id === userId)) return false;
  if (rule.roles !== undefined && !rule.roles.some((one) => one === role)) return false;
  if (rule.environments !== undefined && !rule.environments.includes(environment)) return false;
  return rule.percentage === undefined || placeOf(name, userId) < rule.percentage;
}

/**
 * Where a user stands in a flag's rollout, from 0 to below 100: for ever the same, so that whoever is in stays in when the
 * percentage is raised, and another for each flag, so that it is not always the same people who get what is new.
 */
export function placeOf(name: string, userId: string): number {
  return (createHash('sha256').update(`${name}:${userId}`).digest().readUInt32BE(0) / 2 ** 32) * 100;
}
