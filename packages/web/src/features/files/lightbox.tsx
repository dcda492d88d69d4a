import type { AttachmentView } from '@parley/protocol';
import { Download, X } from 'lucide-react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { Notices } from '../../ui/notices.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { useModal } from '../../ui/use-modal.ts';
import { fileSize } from '../message/file-size.ts';
import { useAttempt } from '../message/use-message-actions.ts';
import { saveFile } from './save-file.ts';
import { useFileUrl } from './use-file-url.ts';
import './lightbox.css';

/** One image, as large as the screen allows. */
export function Lightbox({ file, onClose }: { readonly file: AttachmentView; readonly onClose: () => void }) {
  const { t, language } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const modal = useModal(onClose);
  const { url, renew } = useFileUrl(file.id);
  return (
    <dialog {...modal} className="lightbox" aria-label={file.name}>
      <header className="lightbox-head">
        <bdi>{file.name}</bdi>
        <span>{fileSize(file.size, language)}</span>
        <IconButton icon={Download} label={t('files.save')} onClick={() => attempt(saveFile(client, file))} />
        <IconButton icon={X} label={t('common.close')} onClick={onClose} />
      </header>
      {url === null ? (
        <Spinner />
      ) : (
        <img src={url} alt={file.name} width={file.width} height={file.height} onError={renew} />
      )}
      <Notices />
    </dialog>
  );
}
