import type { ChannelSummary } from '@parley/client';
import { AtSign, X } from 'lucide-react';
import { useState } from 'react';
import { useUnreadMentions } from '../../chat/use-unread-mentions.ts';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';

/** Leads from one unread mention to the next: what the number beside the conversation counts. It goes when they are read. */
export function MentionButton({ info }: { readonly info: ChannelSummary }) {
  const { t } = useWords();
  const { showMessage } = useConversation();
  const mentions = useUnreadMentions(info);
  const [doneSeq, setDoneSeq] = useState(0);
  const left = mentions.filter(({ seq }) => seq > doneSeq);
  const [next] = left;
  if (next === undefined) return null;
  // More than the server tells at a time count as well.
  const count = info.mentions - (mentions.length - left.length);
  return (
    <div className="mention-pill">
      <button
        type="button"
        onClick={() => {
          setDoneSeq(next.seq);
          showMessage(next.seq);
        }}
      >
        <AtSign size={15} aria-hidden="true" />
        {t('list.toMention', { count })}
      </button>
      <IconButton
        icon={X}
        label={t('list.noMentions')}
        size="small"
        onClick={() => setDoneSeq(mentions.at(-1)?.seq ?? next.seq)}
      />
    </div>
  );
}
