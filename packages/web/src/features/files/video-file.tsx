import type { AttachmentView } from '@parley/protocol';
import { shownSize } from './image-size.ts';
import { useFileUrl } from './use-file-url.ts';

/** A video in a message, played where it stands. */
export function VideoFile({ file }: { readonly file: AttachmentView }) {
  const { url, renew } = useFileUrl(file.id);
  const { width, height } = shownSize(file.width, file.height);
  return (
    // biome-ignore lint/a11y/useMediaCaption: nobody has written down what is said.
    <video
      className="video-file"
      src={url ?? undefined}
      aria-label={file.name}
      style={{ width, aspectRatio: `${width} / ${height}` }}
      controls
      preload="metadata"
      playsInline
      onError={renew}
    />
  );
}
