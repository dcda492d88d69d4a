import type { ChatMessage } from '@parley/client';
import { FileText } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { fileSize } from './file-size.ts';

/** The files of a message by name and size. */
export function Attachments({ message }: { readonly message: ChatMessage }) {
  const { t, language } = useWords();
  const { attachments } = message;
  if (attachments === undefined || attachments.length === 0) return null;
  return (
    <ul className="attachments" aria-label={t('message.files')}>
      {attachments.map(({ id, name, size }) => (
        <li key={id} className="attachment">
          <FileText size={20} aria-hidden="true" />
          <bdi>{name}</bdi>
          <span className="soft-text">{fileSize(size, language)}</span>
        </li>
      ))}
    </ul>
  );
}
