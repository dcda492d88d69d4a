import { LIMITS } from '@parley/protocol/constants';
import {
  AtSign,
  Bold,
  Code,
  Italic,
  Link,
  List,
  Mic,
  Paperclip,
  Quote,
  SendHorizontal,
  Smile,
  Strikethrough,
  Type,
} from 'lucide-react';
import { useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { writeSetting } from '../../lib/settings.ts';
import { IconButton } from '../../ui/button.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import type { Formatting } from './format-text.ts';

const FORMATS = [
  { formatting: 'bold', icon: Bold, keys: 'Ctrl+B' },
  { formatting: 'italic', icon: Italic, keys: 'Ctrl+I' },
  { formatting: 'strike', icon: Strikethrough, keys: 'Ctrl+Shift+X' },
  { formatting: 'code', icon: Code, keys: 'Ctrl+E' },
  { formatting: 'link', icon: Link, keys: 'Ctrl+Shift+U' },
  { formatting: 'list', icon: List, keys: 'Ctrl+Shift+8' },
  { formatting: 'quote', icon: Quote, keys: 'Ctrl+Shift+9' },
] as const;

interface ComposerToolsProps {
  /** Null where no files are taken. */
  readonly onFiles: ((files: readonly File[]) => void) | null;
  /** Begins to record; null where no files are taken. */
  readonly onVoice: (() => void) | null;
  readonly isFormatting: boolean;
  readonly onFormatting: (isOn: boolean) => void;
  readonly onInsert: (piece: string) => void;
  readonly canSend: boolean;
  readonly onSend: () => void;
}

/** What stands beside the text: files, formatting, names, emoji, and sending. */
export function ComposerTools({
  onFiles,
  onVoice,
  isFormatting,
  onFormatting,
  onInsert,
  canSend,
  onSend,
}: ComposerToolsProps) {
  const { t } = useWords();
  const toggleFormatting = () => {
    writeSetting('formatting', isFormatting ? null : 'on');
    onFormatting(!isFormatting);
  };
  return (
    <div className="composer-tools">
      {onFiles !== null && <FilesButton onFiles={onFiles} />}
      <IconButton
        icon={Type}
        label={t('composer.formatting')}
        size="small"
        aria-pressed={isFormatting}
        className="composer-wide"
        onClick={toggleFormatting}
      />
      <IconButton
        icon={AtSign}
        label={t('composer.mention')}
        size="small"
        className="composer-wide"
        onClick={() => onInsert('@')}
      />
      <EmojiButton onPick={onInsert} />
      {onVoice !== null && <IconButton icon={Mic} label={t('voice.record')} size="small" onClick={onVoice} />}
      <IconButton
        icon={SendHorizontal}
        label={t('composer.send')}
        keys="Enter"
        size="small"
        className="composer-send"
        disabled={!canSend}
        onClick={onSend}
      />
    </div>
  );
}

function FilesButton({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { t } = useWords();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon={Paperclip}
        label={t('files.add', { count: LIMITS.attachmentsPerMessage })}
        size="small"
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t('files.add', { count: LIMITS.attachmentsPerMessage })}
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          // The same file may be chosen again.
          event.target.value = '';
        }}
      />
    </>
  );
}

/** Marks up what is selected. */
export function FormatBar({ onFormat }: { readonly onFormat: (formatting: Formatting) => void }) {
  const { t } = useWords();
  return (
    <div className="format-bar" role="toolbar" aria-label={t('composer.formatting')}>
      {FORMATS.map(({ formatting, icon, keys }) => (
        <IconButton
          key={formatting}
          icon={icon}
          label={t(`format.${formatting}`)}
          keys={keys}
          size="small"
          // The selection in the text must not be lost.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onFormat(formatting)}
        />
      ))}
    </div>
  );
}

function EmojiButton({ onPick }: { readonly onPick: (emoji: string) => void }) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover();
  return (
    <>
      <IconButton {...trigger} icon={Smile} label={t('emoji.label')} size="small" />
      {isOpen && <EmojiPopover anchor={anchor} side="above" align="end" onPick={onPick} onClose={close} />}
    </>
  );
}
