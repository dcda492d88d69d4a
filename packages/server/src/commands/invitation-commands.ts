import type { Invitations } from '../channels/invitations.ts';
import type { Handlers } from './handler.ts';

export interface InvitationRooms {
  readonly invitations: Invitations;
}

type InvitationHandlers = Pick<
  Handlers,
  'invitation.create' | 'invitation.list' | 'invitation.revoke' | 'invitation.accept'
>;

/** The commands on invitations to the server and to channels. */
export function invitationHandlers({ invitations }: InvitationRooms): InvitationHandlers {
  return {
    'invitation.create': (input, { actor }) => invitations.create(actor, input),
    'invitation.list': async (_input, { actor }) => ({ invitations: await invitations.list(actor.userId) }),
    'invitation.revoke': async (input, { actor }) => {
      await invitations.revoke(actor, input.invitationId);
      return {};
    },
    'invitation.accept': (input, { actor }) => invitations.accept(actor, input.code),
  };
}
