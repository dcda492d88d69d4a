import type { ChatMessage } from '@parley/client';
import type { AttachmentView } from '@parley/protocol';
import { useWords } from '../../i18n/use-words.ts';
import { AudioFile } from './audio-file.tsx';
import { FileCard } from './file-card.tsx';
import { ImageFile } from './image-file.tsx';
import { rememberedFiles } from './uploads.ts';
import { VideoFile } from './video-file.tsx';
import './files.css';

/** The files of a message: shown where they can be, told by name where not. */
export function AttachedFiles({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const files = message.attachments ?? (message.deletedAt === undefined ? rememberedFiles(message.id) : undefined);
  if (files === undefined || files.length === 0) return null;
  return (
    <ul className="attached-files" aria-label={t('message.files')}>
      {files.map((file) => (
        <li key={file.id}>
          <AttachedFile file={file} />
        </li>
      ))}
    </ul>
  );
}

function AttachedFile({ file }: { readonly file: AttachmentView }) {
  const [kind] = file.type.split('/');
  // An image without a size is one that the server could not read, such as an SVG.
  if (kind === 'image' && file.width !== undefined) return <ImageFile file={file} />;
  // What browsers record comes in a container that may hold a picture as well: its waveform says that it is a voice.
  if (kind === 'audio' || file.waveform !== undefined) return <AudioFile file={file} />;
  if (kind === 'video') return <VideoFile file={file} />;
  return <FileCard file={file} />;
}
