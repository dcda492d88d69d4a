import type { FlagControl } from '../flags/flag-control.ts';
import type { Flags } from '../flags/flags.ts';
import type { Actor } from '../users/actor.ts';
import type { Operators } from '../users/operators.ts';
import type { Handlers } from './handler.ts';

export interface FlagRooms {
  readonly operators: Operators;
  readonly flags: Flags;
  readonly flagControl: FlagControl;
}

/** What operators do with feature flags. */
export function flagHandlers(rooms: FlagRooms): Pick<Handlers, 'flag.list' | 'flag.set' | 'flag.kill'> {
  const { operators, flags, flagControl } = rooms;
  const ordererOf = async ({ userId, address }: Actor) => {
    await operators.demand(userId, 'change the flag');
    return { userId, address };
  };
  return {
    'flag.list': async (_input, { actor }) => {
      await operators.demand(actor.userId, 'list the flags');
      return { environment: flags.environment, provider: flags.provider, flags: await flagControl.list() };
    },
    'flag.set': async ({ key, rules }, { actor }) => flagControl.set(await ordererOf(actor), key, rules),
    'flag.kill': async ({ key, on }, { actor }) => flagControl.kill(await ordererOf(actor), key, on),
  };
}
