import type { Flags } from '../flags/flags.ts';
import { AppError } from '../lib/app-error.ts';
import type { Search } from '../search/search.ts';
import type { Handlers } from './handler.ts';

export interface SearchRooms {
  readonly search: Search;
  readonly flags: Pick<Flags, 'value'>;
}

/** The commands that find messages. */
export function searchHandlers({ search, flags }: SearchRooms): Pick<Handlers, 'message.search'> {
  return {
    'message.search': async (input, { actor }) => {
      if (await flags.value('search', actor)) return search.page(actor.userId, input);
      throw new AppError('unavailable', 'unable to search; searching is switched off for now');
    },
  };
}
