import type { FlagView } from '@parley/protocol';
import type { Fanout } from '../fanout/fanout.ts';
import { FLAGS_TOPIC, type FlagControl } from '../flags/flag-control.ts';
import type { Flags } from '../flags/flags.ts';
import type { Actor } from '../users/actor.ts';
import type { Operators } from '../users/operators.ts';
import type { Handlers } from './handler.ts';

export interface FlagRooms {
  readonly fanout: Fanout;
  readonly operators: Operators;
  readonly flags: Flags;
  readonly flagControl: FlagControl;
}

/** What operators do with feature flags. */
export function flagHandlers(rooms: FlagRooms): Pick<Handlers, 'flag.list' | 'flag.set' | 'flag.kill'> {
  const { operators, flags, flagControl, fanout } = rooms;
  const ordererOf = async ({ userId, address }: Actor) => {
    await operators.demand(userId, 'change the flag');
    return { userId, address };
  };
  /** By the bus as well: through a pooler of connections the database tells nobody anything. */
  const tell = (view: FlagView) => {
    fanout.nodes(FLAGS_TOPIC, null);
    return view;
  };
  return {
    'flag.list': async (_input, { actor }) => {
      await operators.demand(actor.userId, 'list the flags');
      return { environment: flags.environment, provider: flags.provider, flags: await flagControl.list() };
    },
    'flag.set': async ({ key, rules }, { actor }) => tell(await flagControl.set(await ordererOf(actor), key, rules)),
    'flag.kill': async ({ key, on }, { actor }) => tell(await flagControl.kill(await ordererOf(actor), key, on)),
  };
}
