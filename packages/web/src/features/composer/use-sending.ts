import type { ChatMessage } from '@parley/client';
import { useChannel } from '../../chat/use-chat.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { rememberFiles } from '../files/uploads.ts';
import { type ChosenFiles, useHold, useUploads } from '../files/use-uploads.ts';

interface Options {
  readonly body: string;
  readonly isTooLong: boolean;
  readonly replyTo: ChatMessage | null;
  readonly onSent: () => void;
}

interface Sending {
  readonly files: ChosenFiles;
  readonly canSend: boolean;
  readonly send: () => void;
  /** Has it go out once its files are there. */
  readonly hold: () => void;
}

/** Sends what was written and chosen, once its files are there. */
export function useSending({ body, isTooLong, replyTo, onSent }: Options): Sending {
  const { channelId } = useConversation();
  const channel = useChannel(channelId);
  const files = useUploads(channelId);
  const canSend = !isTooLong && (body !== '' || files.list.length > 0) && !files.hasFailed;
  const deliver = () => {
    if (isTooLong) return;
    const attached = files.take();
    // Its fate shows on the message itself.
    const sending = channel.send(body, {
      replyTo: replyTo?.seq,
      attachments: attached.length === 0 ? undefined : attached.map(({ id }) => id),
    });
    sending.catch(() => {});
    if (attached.length > 0) rememberFiles(sending.id, attached);
    onSent();
  };
  const hold = useHold(files.uploads, { send: deliver, replyTo });
  const send = () => {
    if (!canSend) return;
    if (files.isBusy) hold();
    else deliver();
  };
  return { files, canSend, send, hold };
}
