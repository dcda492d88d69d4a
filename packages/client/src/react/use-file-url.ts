import { useEffect, useState } from 'react';
import type { FileOptions } from '../files.ts';
import { useClient } from './provider.ts';

/** The address of an attachment for `<img>` and players; null until it is here, and where there is none (any more). */
export function useFileUrl(attachmentId: string, { variant }: FileOptions = {}): string | null {
  const client = useClient();
  const [found, setFound] = useState<{ readonly id: string; readonly url: string } | null>(null);
  useEffect(() => {
    let isShown = true;
    client.fileUrl(attachmentId, { variant }).then(
      (url) => {
        if (isShown) setFound({ id: attachmentId, url });
      },
      () => {
        if (isShown) setFound(null);
      },
    );
    return () => {
      isShown = false;
    };
  }, [client, attachmentId, variant]);
  return found?.id === attachmentId ? found.url : null;
}
