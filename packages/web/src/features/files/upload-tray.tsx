import { CircleAlert, RotateCw, X } from 'lucide-react';
import { errorText } from '../../chat/error-text.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { IconButton } from '../../ui/button.tsx';
import { fileSize } from '../message/file-size.ts';
import { FileSign } from './file-card.tsx';
import type { Upload, Uploads } from './uploads.ts';
import './files.css';

interface UploadTrayProps {
  readonly uploads: Uploads;
  readonly list: readonly Upload[];
}

/** The files that go out with the next message: how far each has got, and what to do when one has not. */
export function UploadTray({ uploads, list }: UploadTrayProps) {
  const { t } = useWords();
  return (
    <ul className="upload-tray" aria-label={t('files.chosen')}>
      {list.map((upload) => (
        <UploadChip key={upload.key} upload={upload} uploads={uploads} />
      ))}
    </ul>
  );
}

function UploadChip({ upload, uploads }: { readonly upload: Upload; readonly uploads: Uploads }) {
  const words = useWords();
  const { t, language } = words;
  const { key, file, preview, status, error } = upload;
  const share = file.size === 0 ? 1 : Math.min(1, upload.sentBytes / file.size);
  return (
    <li className={classNames('upload', status === 'failed' && 'upload-failed')}>
      <span className="file-sign">
        {status === 'failed' ? (
          <CircleAlert size={20} aria-hidden="true" />
        ) : preview === null ? (
          <FileSign name={file.name} />
        ) : (
          <img src={preview} alt="" />
        )}
      </span>
      <span className="file-facts">
        <bdi>{file.name}</bdi>
        {status === 'failed' ? (
          <span role="alert">{errorText(words, error)}</span>
        ) : (
          <span className="soft-text">
            {status === 'done'
              ? fileSize(file.size, language)
              : t('files.progress', { share: words.format.share(share) })}
          </span>
        )}
        {status === 'sending' && (
          <progress max={1} value={share} aria-label={t('files.uploading', { name: file.name })} />
        )}
      </span>
      {status === 'failed' && (
        <IconButton icon={RotateCw} label={t('common.retry')} size="small" onClick={() => uploads.retry(key)} />
      )}
      <IconButton
        icon={X}
        label={t(status === 'sending' ? 'files.cancel' : 'files.remove', { name: file.name })}
        size="small"
        onClick={() => uploads.cancel(key)}
      />
    </li>
  );
}
