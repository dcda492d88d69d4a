import type { Attachments } from '../attachments/attachments.ts';
import type { Handlers } from './handler.ts';

export interface AttachmentRooms {
  readonly attachments: Attachments;
}

/** The commands on files; their bytes come and go at the REST door only. */
export function attachmentHandlers({ attachments }: AttachmentRooms): Pick<Handlers, 'attachment.url'> {
  return {
    'attachment.url': (input, { actor }) => attachments.urlOf(actor.userId, input),
  };
}
