import type { AttachmentView } from '@parley/protocol';
import { ImageOff } from 'lucide-react';
import { useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { shownSize } from './image-size.ts';
import { Lightbox } from './lightbox.tsx';
import { useFileUrl } from './use-file-url.ts';

/** An image in a message. Its place is there before it is, so that nothing moves when it comes. */
export function ImageFile({ file }: { readonly file: AttachmentView }) {
  const { t } = useWords();
  const [isOpen, setOpen] = useState(false);
  const [isThere, setThere] = useState(false);
  const { url, hasFailed, renew } = useFileUrl(file.id, file.thumbnail === undefined ? undefined : 'thumbnail');
  const { width, height } = shownSize(file.width, file.height);
  return (
    <>
      <button
        type="button"
        className="image-file"
        aria-label={t('files.openImage', { name: file.name })}
        style={{ width, aspectRatio: `${width} / ${height}` }}
        onClick={() => setOpen(true)}
      >
        {file.placeholder !== undefined && !isThere && (
          <img className="image-placeholder" src={file.placeholder} alt="" />
        )}
        {hasFailed && <ImageOff size={24} aria-hidden="true" />}
        {url !== null && !hasFailed && (
          <img
            className={classNames('image-itself', isThere && 'image-there')}
            src={url}
            alt={file.name}
            width={width}
            height={height}
            decoding="async"
            onLoad={() => setThere(true)}
            onError={renew}
          />
        )}
      </button>
      {isOpen && <Lightbox file={file} onClose={() => setOpen(false)} />}
    </>
  );
}
