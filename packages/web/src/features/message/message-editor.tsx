import type { Channel, ChatMessage } from '@parley/client';
import type { MessageId } from '@parley/protocol';
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { isComposing } from '../../lib/is-composing.ts';
import { sendsText } from '../../lib/sends-text.ts';
import { Button } from '../../ui/button.tsx';
import { AutoTextarea } from '../composer/auto-textarea.tsx';
import { useDraft } from '../composer/use-draft.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { useAttempt } from './use-message-actions.ts';

/** Edits a message that may still be on its way: the edit follows it. False when there is nothing to edit. */
async function editWhenSent(channel: Channel, messageId: MessageId, body: string): Promise<boolean> {
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
  if (find()?.status === 'failed') return false;
  await channel.edit(messageId, body);
  return true;
}

/** Edits a message in its place. What was neither saved nor given up is there again when one comes back to it. */
export function MessageEditor({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const { channelId, userId, startEdit, focusComposer } = useConversation();
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  // What one began with, whatever becomes of the message meanwhile: words for an older one are no draft for the newer.
  const [{ id, body: saved, editedAt = 0 }] = useState(message);
  const { text, change, forget } = useDraft(userId, `${id}/${editedAt}`, saved);
  const ref = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    ref.current?.focus();
    ref.current?.setSelectionRange(ref.current.value.length, ref.current.value.length);
  }, []);
  const close = () => {
    startEdit(null);
    focusComposer();
  };
  const body = text.trim();
  const save = () => {
    if (body === '') return;
    if (body === saved) return giveUp();
    close();
    // Refused, it can be tried again: the words are still there.
    attempt(editWhenSent(channel, id, body).then((isEdited) => isEdited && forget(text)));
  };
  const giveUp = () => {
    change(saved);
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (isComposing(event.nativeEvent)) return;
    if (event.key === 'Escape') giveUp();
    else if (sendsText(event)) {
      event.preventDefault();
      save();
    }
  };
  return (
    <div className="message-editor">
      <AutoTextarea ref={ref} label={t('message.editLabel')} value={text} onChange={change} onKeyDown={onKeyDown} />
      <div className="message-editor-foot">
        <span>{t('message.editHint')}</span>
        <Button look="quiet" onClick={giveUp}>
          {t('common.cancel')}
        </Button>
        <Button look="primary" disabled={body === ''} onClick={save}>
          {t('common.save')}
        </Button>
      </div>
    </div>
  );
}
