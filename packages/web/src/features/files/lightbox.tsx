import type { AttachmentView } from '@parley/protocol';
import { Download, X } from 'lucide-react';
import { useLayoutEffect, useRef } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { Notices } from '../../ui/notices.tsx';
import { Spinner } from '../../ui/spinner.tsx';
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
  const ref = useRef<HTMLDialogElement>(null);
  const { url, renew } = useFileUrl(file.id);
  // A layout effect, for its end: only while it is still in the page can the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className="lightbox"
      aria-label={file.name}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
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
