import type { ChatMessage } from '@parley/client';
import { useMemo } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { useAnswer } from '../settings/use-answer.ts';

export interface EditsDialogProps {
  readonly message: ChatMessage;
  readonly onClose: () => void;
}

/** What a message said before it was edited, the present text first. */
export function EditsDialog({ message, onClose }: EditsDialogProps) {
  const { t, format } = useWords();
  const { channelId, id: messageId } = message;
  const input = useMemo(() => ({ channelId, messageId }), [channelId, messageId]);
  const { output, problem } = useAnswer('message.edits', input);
  return (
    <Dialog title={t('edits.title')} onClose={onClose}>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output !== null && (
        <ol className="edits">
          <li>
            <h3>{t('edits.now')}</h3>
            <Markdown body={message.body} />
          </li>
          {output.edits.map(({ body, editedAt }) => (
            <li key={editedAt}>
              <h3>{t('edits.until', { when: format.dated(editedAt) })}</h3>
              <Markdown body={body} />
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}
