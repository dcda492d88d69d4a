import type { Channel, ChatMessage } from '@parley/client';
import type { MessageId } from '@parley/protocol';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { AutoTextarea } from '../composer/auto-textarea.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { useAttempt } from './use-message-actions.ts';

/** Edits a message that may still be on its way: the edit follows it. */
async function editWhenSent(channel: Channel, messageId: MessageId, body: string): Promise<void> {
  const find = () => channel.messages.getSnapshot().items.find(({ id }) => id === messageId);
  const isOnItsWay = () => {
    const status = find()?.status;
    return status === 'queued' || status === 'sending';
  };
  if (isOnItsWay()) {
    await new Promise<void>((resolve) => {
      const stop = channel.messages.subscribe(() => {
        if (isOnItsWay()) return;
        stop();
        resolve();
      });
    });
  }
  // Refused or taken back: the message itself says so.
  if (find()?.status !== 'failed') await channel.edit(messageId, body);
}

/** Edits a message in its place. */
export function MessageEditor({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const { channelId, startEdit, focusComposer } = useConversation();
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  const [text, setText] = useState(message.body);
  const ref = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    ref.current?.focus();
    ref.current?.setSelectionRange(message.body.length, message.body.length);
  }, [message.body]);
  const close = () => {
    startEdit(null);
    focusComposer();
  };
  const body = text.trim();
  const save = () => {
    if (body === '') return;
    close();
    if (body !== message.body) attempt(editWhenSent(channel, message.id, body));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div className="message-editor">
      <AutoTextarea ref={ref} label={t('message.editLabel')} value={text} onChange={setText} onKeyDown={onKeyDown} />
      <div className="message-editor-foot">
        <span>{t('message.editHint')}</span>
        <Button look="quiet" onClick={close}>
          {t('common.cancel')}
        </Button>
        <Button look="primary" disabled={body === ''} onClick={save}>
          {t('common.save')}
        </Button>
      </div>
    </div>
  );
}
