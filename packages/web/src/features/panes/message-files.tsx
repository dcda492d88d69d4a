import type { ChatMessage } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { useMemo } from 'react';
import { AttachedFiles } from '../files/attached-files.tsx';

/** The files of a message that is shown apart from its conversation, where all that is shown has been sent. */
export function MessageFiles({ message }: { readonly message: MessageView }) {
  const sent = useMemo((): ChatMessage => ({ ...message, status: 'sent', error: null }), [message]);
  return <AttachedFiles message={sent} />;
}
