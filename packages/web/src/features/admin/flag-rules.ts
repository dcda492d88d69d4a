import type { OutputOf, RequestOf } from '@parley/protocol';
import type { Role } from '@parley/protocol/constants';

export type Flag = OutputOf<'flag.list'>['flags'][number];
type Rules = RequestOf<'flag.set'>['rules'];

/** For whom a switch is on, as far as it can be said in one choice. */
export type Audience =
  | { readonly kind: 'default' | 'everybody' | 'nobody' | 'custom' }
  | { readonly kind: 'share'; readonly percentage: number }
  | { readonly kind: 'role'; readonly role: Role };

/** Reads the choice out of the rules of a switch; `custom` is what only the command line can say. */
export function audienceOf({ type, rules }: Pick<Flag, 'type' | 'rules'>): Audience {
  if (rules.length === 0) return { kind: 'default' };
  const [rule] = rules;
  if (type !== 'boolean' || rules.length > 1 || rule === undefined) return { kind: 'custom' };
  const { users, roles, environments, percentage, value } = rule;
  if (users !== undefined || environments !== undefined) return { kind: 'custom' };
  if (roles !== undefined) {
    const [role] = roles;
    const isOne = role !== undefined && roles.length === 1 && percentage === undefined && value === true;
    return isOne ? { kind: 'role', role } : { kind: 'custom' };
  }
  if (percentage === undefined) return { kind: value === true ? 'everybody' : 'nobody' };
  return value === true ? { kind: 'share', percentage } : { kind: 'custom' };
}

/** The rules that say so; null where there is nothing to be said. */
export function rulesOf(audience: Audience): Rules | null {
  switch (audience.kind) {
    case 'default':
      return [];
    case 'everybody':
      return [{ value: true }];
    case 'nobody':
      return [{ value: false }];
    case 'share':
      return [{ percentage: audience.percentage, value: true }];
    case 'role':
      return [{ roles: [audience.role], value: true }];
    case 'custom':
      return null;
  }
}
