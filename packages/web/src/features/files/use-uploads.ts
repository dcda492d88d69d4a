import type { AttachmentView, ChannelId } from '@parley/protocol';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useStore } from '../../lib/use-store.ts';
import { type Upload, type Uploads, uploadsOf } from './uploads.ts';

/** The files of a conversation that are to go out with its next message. */
export interface ChosenFiles {
  readonly uploads: Uploads;
  readonly list: readonly Upload[];
  readonly isBusy: boolean;
  readonly hasFailed: boolean;
  /** True while a message waits for its files. */
  readonly isHeld: boolean;
  readonly hold: (isHeld: boolean) => void;
  readonly take: () => readonly AttachmentView[];
}

export function useUploads(channelId: ChannelId): ChosenFiles {
  const client = useClient();
  const uploads = useMemo(() => uploadsOf(client, channelId), [client, channelId]);
  const list = useStore(uploads.store);
  const [isHeld, hold] = useState(false);
  return {
    uploads,
    list,
    isBusy: list.some(({ status }) => status === 'sending'),
    hasFailed: list.some(({ status }) => status === 'failed'),
    isHeld: isHeld && list.length > 0,
    hold,
    take: () => uploads.take(),
  };
}

/** Sends what waited for its files as soon as they are there; a file that fails gives the message back to its writer. */
export function useHeldSend({ isHeld, isBusy, hasFailed, hold }: ChosenFiles, send: () => void): void {
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    if (!isHeld || isBusy) return;
    hold(false);
    if (!hasFailed) latest.current();
  }, [isHeld, isBusy, hasFailed, hold]);
}
