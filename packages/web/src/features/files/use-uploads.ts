import type { ChatMessage } from '@parley/client';
import type { AttachmentView, ChannelId } from '@parley/protocol';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useStore } from '../../lib/use-store.ts';
import type { HeldMessage } from './held-message.ts';
import { type Upload, type Uploads, uploadsOf } from './uploads.ts';

/** The files of a conversation that are to go out with its next message. */
export interface ChosenFiles {
  readonly uploads: Uploads;
  readonly list: readonly Upload[];
  readonly isBusy: boolean;
  readonly hasFailed: boolean;
  /** True while a message waits for its files. */
  readonly isHeld: boolean;
  readonly take: () => readonly AttachmentView[];
}

export function useUploads(channelId: ChannelId): ChosenFiles {
  const client = useClient();
  const uploads = useMemo(() => uploadsOf(client, channelId), [client, channelId]);
  const list = useStore(uploads.store);
  return {
    uploads,
    list,
    isBusy: list.some(({ status }) => status === 'sending'),
    hasFailed: list.some(({ status }) => status === 'failed'),
    isHeld: useStore(uploads.held) !== null,
    take: () => uploads.take(),
  };
}

interface Written {
  readonly send: () => void;
  readonly replyTo: ChatMessage | null;
}

/** Gives what has the message wait for its files. It goes out when they are there, also while one looks elsewhere. */
export function useHold({ held }: Uploads, written: Written): () => void {
  const latest = useRef(written);
  latest.current = written;
  const hold = useCallback(() => {
    const message: HeldMessage = { send: () => latest.current.send(), replyTo: () => latest.current.replyTo };
    held.set(message);
  }, [held]);
  useLayoutEffect(() => {
    // Who comes back to a message that still waits goes on with it: it is what stands here that goes out.
    if (held.getSnapshot() !== null) hold();
  }, [held, hold]);
  return hold;
}
