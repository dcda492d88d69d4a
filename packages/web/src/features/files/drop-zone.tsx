import { FileUp } from 'lucide-react';
import { type DragEvent, type ReactNode, useRef, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';

interface DropZoneProps {
  readonly className: string;
  /** Null where no files are taken. */
  readonly onFiles: ((files: readonly File[]) => void) | null;
  readonly children: ReactNode;
}

/** Takes files that are dropped anywhere on a conversation. */
export function DropZone({ className, onFiles, children }: DropZoneProps) {
  const { t } = useWords();
  const depth = useRef(0);
  const [isOver, setOver] = useState(false);
  const isFiles = ({ dataTransfer }: DragEvent) => onFiles !== null && dataTransfer.types.includes('Files');
  const move = (event: DragEvent, step: 1 | -1) => {
    if (!isFiles(event)) return;
    // Each element inside that is entered and left tells of itself too.
    depth.current = Math.max(0, depth.current + step);
    setOver(depth.current > 0);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button for files does the same.
    <div
      className={className}
      onDragEnter={(event) => move(event, 1)}
      onDragLeave={(event) => move(event, -1)}
      onDragOver={(event) => {
        if (isFiles(event)) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!isFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles?.([...event.dataTransfer.files]);
      }}
    >
      {children}
      {isOver && (
        <div className="drop-hint">
          <FileUp size={32} aria-hidden="true" />
          <p>{t('files.drop')}</p>
        </div>
      )}
    </div>
  );
}
