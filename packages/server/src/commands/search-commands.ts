import type { Search } from '../search/search.ts';
import type { Handlers } from './handler.ts';

export interface SearchRooms {
  readonly search: Search;
}

/** The commands that find messages. */
export function searchHandlers({ search }: SearchRooms): Pick<Handlers, 'message.search'> {
  return {
    'message.search': (input, { actor }) => search.page(actor.userId, input),
  };
}
