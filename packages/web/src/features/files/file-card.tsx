import type { AttachmentView } from '@parley/protocol';
import {
  Download,
  File,
  FileArchive,
  FileCode,
  FileImage,
  FileMusic,
  FileSpreadsheet,
  FileText,
  FileVideoCamera,
  type LucideIcon,
} from 'lucide-react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { fileSize } from '../message/file-size.ts';
import { useAttempt } from '../message/use-message-actions.ts';
import { saveFile } from './save-file.ts';

const ICONS: readonly (readonly [RegExp, LucideIcon])[] = [
  [/\.(?:zip|gz|tgz|bz2|xz|7z|rar|zst)$/i, FileArchive],
  [/\.(?:csv|xlsx?|ods|tsv)$/i, FileSpreadsheet],
  [/\.(?:jsx?|tsx?|py|rs|go|java|cs?|cpp|sh|sql|json|ya?ml|html?|css)$/i, FileCode],
  [/\.(?:pdf|docx?|odt|txt|md|rtf)$/i, FileText],
  [/\.(?:png|jpe?g|gif|webp|svg|avif)$/i, FileImage],
  [/\.(?:mp3|ogg|wav|flac|m4a)$/i, FileMusic],
  [/\.(?:mp4|webm|mov|mkv)$/i, FileVideoCamera],
];

/** The sign of a file by what its name ends with. */
export function FileSign({ name, size = 20 }: { readonly name: string; readonly size?: number }) {
  const [, Icon = File] = ICONS.find(([ending]) => ending.test(name)) ?? [];
  return <Icon size={size} aria-hidden="true" />;
}

/** A file that is not shown in place: what it is, and a way to save it. */
export function FileCard({ file }: { readonly file: AttachmentView }) {
  const { t, language } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  return (
    <div className="file-card">
      <span className="file-sign">
        <FileSign name={file.name} />
      </span>
      <span className="file-facts">
        <bdi>{file.name}</bdi>
        <span className="soft-text">{fileSize(file.size, language)}</span>
      </span>
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label={t('files.saveNamed', { name: file.name })}
        data-tip={t('files.save')}
        onClick={() => attempt(saveFile(client, file))}
      >
        <Download size={16} aria-hidden="true" />
      </button>
    </div>
  );
}
