import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';

interface FileUrl {
  /** Null until it is here. */
  readonly url: string | null;
  readonly hasFailed: boolean;
  /** Asks for a new address: the last one may have ended. Bounded, so that a file that is gone is not asked for for ever. */
  readonly renew: () => void;
}

const MAX_RENEWALS = 3;

/** An address of an attachment that works for some minutes. */
export function useFileUrl(attachmentId: string, variant?: 'original' | 'thumbnail'): FileUrl {
  const client = useClient();
  const [url, setUrl] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const [hasFailed, setFailed] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn asks again.
  useEffect(() => {
    let isCurrent = true;
    client.fileUrl(attachmentId, { variant }).then(
      (address) => isCurrent && setUrl(address),
      () => isCurrent && setFailed(true),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, attachmentId, variant, turn]);
  const renew = () => {
    if (turn >= MAX_RENEWALS) setFailed(true);
    else setTurn(turn + 1);
  };
  return { url, hasFailed, renew };
}
