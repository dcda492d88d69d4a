import type { Actor } from '../users/actor.ts';
import { userView } from '../users/user-store.ts';
import { authHandlers } from './auth-commands.ts';
import type { Handlers } from './handler.ts';
import { meHandlers } from './me-commands.ts';
import type { UserRooms } from './user-rooms.ts';

type DirectoryHandlers = Pick<Handlers, 'user.list' | 'user.get' | 'user.create' | 'user.update'>;
type KeyHandlers = Pick<Handlers, 'key.create' | 'key.list' | 'key.revoke'>;
type UserHandlers = ReturnType<typeof authHandlers> & ReturnType<typeof meHandlers> & DirectoryHandlers & KeyHandlers;

/** Handlers of all that concerns accounts: `auth.*`, `me.*`, `session.*`, `user.*` and `key.*`. */
export function userHandlers(rooms: UserRooms): UserHandlers {
  return { ...authHandlers(rooms), ...meHandlers(rooms), ...directoryHandlers(rooms), ...keyHandlers(rooms) };
}

function directoryHandlers({ directory, accounts }: UserRooms): DirectoryHandlers {
  return {
    'user.list': (page, { actor }) => directory.list(actor, page),
    'user.get': async ({ userIds }, { actor }) => ({ users: await directory.get(actor, userIds) }),
    'user.create': async (input, { actor }) => userView(await accounts.create(ordererOf(actor), input)),
    'user.update': async ({ userId, ...changes }, { actor }) =>
      userView(await accounts.update(ordererOf(actor), userId, changes)),
  };
}

function keyHandlers({ keys }: UserRooms): KeyHandlers {
  return {
    'key.create': (input, { actor }) => keys.create(ordererOf(actor), input),
    'key.list': async (_input, { actor }) => ({ keys: await keys.list(ordererOf(actor)) }),
    'key.revoke': async ({ keyId }, { actor }) => {
      await keys.revoke(ordererOf(actor), keyId);
      return {};
    },
  };
}

function ordererOf({ userId, address }: Actor) {
  return { userId, address };
}
