import type { ChatMessage } from '@parley/client';
import { LIMITS } from '@parley/protocol/constants';
import {
  AtSign,
  Bold,
  Code,
  Italic,
  Link,
  List,
  Quote,
  SendHorizontal,
  Smile,
  Strikethrough,
  Type,
  X,
} from 'lucide-react';
import { type RefObject, useRef, useState } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { readSetting, writeSetting } from '../../lib/settings.ts';
import { IconButton } from '../../ui/button.tsx';
import { Popover } from '../../ui/popover.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { EmojiPicker } from '../emoji/emoji-picker.tsx';
import { QuotedMessage } from '../message/reply-quote.tsx';
import { AutoTextarea } from './auto-textarea.tsx';
import { CompletionList } from './completion-list.tsx';
import type { Formatting } from './format-text.ts';
import { useComposer } from './use-composer.ts';
import { useDraft } from './use-draft.ts';
import './composer.css';

interface ComposerProps {
  readonly placeholder: string;
  readonly replyTo: ChatMessage | null;
  readonly onReplyDone: () => void;
  readonly textRef: RefObject<HTMLTextAreaElement | null>;
  /** Edits the last message of one's own, if there is one in sight. */
  readonly onEditLast: () => void;
}

const FORMATS = [
  { formatting: 'bold', icon: Bold, keys: 'Ctrl+B' },
  { formatting: 'italic', icon: Italic, keys: 'Ctrl+I' },
  { formatting: 'strike', icon: Strikethrough, keys: 'Ctrl+Shift+X' },
  { formatting: 'code', icon: Code, keys: 'Ctrl+E' },
  { formatting: 'link', icon: Link, keys: 'Ctrl+Shift+U' },
  { formatting: 'list', icon: List, keys: 'Ctrl+Shift+8' },
  { formatting: 'quote', icon: Quote, keys: 'Ctrl+Shift+9' },
] as const;

/** Where one writes. What is written is kept here until it is sent, also over a closed tab. */
export function Composer({ placeholder, replyTo, onReplyDone, textRef, onEditLast }: ComposerProps) {
  const { t, format } = useWords();
  const { channelId, userId } = useConversation();
  const channel = useChannel(channelId);
  const [text, setText] = useDraft(userId, channelId);
  const [isFormatting, setFormatting] = useState(readSetting('formatting') === 'on');
  const left = LIMITS.bodyCodePoints - countCodePoints(text);
  const send = () => {
    const body = text.trim();
    if (body === '' || left < 0) return;
    // Its fate shows on the message itself.
    channel.send(body, { replyTo: replyTo?.seq }).catch(() => {});
    setText('');
    onReplyDone();
    announce(t('composer.sending'));
  };
  const { completer, ...composer } = useComposer({
    text,
    setText,
    textRef,
    onSend: send,
    onEditLast,
    onCancel: onReplyDone,
    onTyping: (isTyping) => channel.setTyping(isTyping),
  });
  return (
    <div className="composer">
      {completer.items.length > 0 && (
        <CompletionList
          id={completer.listId}
          items={completer.items}
          at={completer.at}
          onChoose={completer.choose}
          listRef={completer.listRef}
        />
      )}
      {replyTo !== null && (
        <div className="composer-reply">
          <span className="composer-reply-label">{t('composer.replyTo')}</span>
          <QuotedMessage message={replyTo} />
          <IconButton icon={X} label={t('composer.cancelReply')} size="small" onClick={onReplyDone} />
        </div>
      )}
      {isFormatting && <FormatBar onFormat={composer.format} />}
      <div className="composer-row">
        <AutoTextarea
          ref={textRef}
          label={placeholder}
          placeholder={placeholder}
          value={text}
          onChange={composer.onChange}
          onKeyDown={composer.onKeyDown}
          onSelect={composer.onSelect}
          onBlur={completer.close}
          aria-autocomplete="list"
          aria-controls={completer.items.length > 0 ? completer.listId : undefined}
          aria-activedescendant={completer.items.length > 0 ? `${completer.listId}-${completer.at}` : undefined}
          enterKeyHint="send"
        />
        <ComposerTools
          isFormatting={isFormatting}
          onFormatting={setFormatting}
          onInsert={composer.insert}
          canSend={text.trim() !== '' && left >= 0}
          onSend={() => {
            send();
            textRef.current?.focus();
          }}
        />
      </div>
      {left < 200 && (
        <p className={left < 0 ? 'composer-count composer-over' : 'composer-count'} role="status">
          {left < 0 ? t('composer.tooLong', { count: format.number(-left) }) : t('composer.left', { count: left })}
        </p>
      )}
    </div>
  );
}

interface ComposerToolsProps {
  readonly isFormatting: boolean;
  readonly onFormatting: (isOn: boolean) => void;
  readonly onInsert: (piece: string) => void;
  readonly canSend: boolean;
  readonly onSend: () => void;
}

function ComposerTools({ isFormatting, onFormatting, onInsert, canSend, onSend }: ComposerToolsProps) {
  const { t } = useWords();
  const toggleFormatting = () => {
    writeSetting('formatting', isFormatting ? null : 'on');
    onFormatting(!isFormatting);
  };
  return (
    <div className="composer-tools">
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

function FormatBar({ onFormat }: { readonly onFormat: (formatting: Formatting) => void }) {
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
  const ref = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        ref={ref}
        icon={Smile}
        label={t('emoji.label')}
        size="small"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <Popover
          anchor={ref}
          side="above"
          align="end"
          role="dialog"
          label={t('emoji.label')}
          onClose={() => setOpen(false)}
        >
          <EmojiPicker
            onPick={(emoji) => {
              setOpen(false);
              onPick(emoji);
            }}
          />
        </Popover>
      )}
    </>
  );
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
