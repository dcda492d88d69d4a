import type { ChatMessage } from '@parley/client';
import { LIMITS } from '@parley/protocol/constants';
import { X } from 'lucide-react';
import { type ClipboardEvent, type RefObject, useState } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { readSetting } from '../../lib/settings.ts';
import { IconButton } from '../../ui/button.tsx';
import { notify } from '../../ui/notices.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { UploadTray } from '../files/upload-tray.tsx';
import type { Uploads } from '../files/uploads.ts';
import { QuotedMessage } from '../message/reply-quote.tsx';
import { useVoice } from '../voice/use-voice.ts';
import { VoiceBar } from '../voice/voice-bar.tsx';
import { AutoTextarea } from './auto-textarea.tsx';
import { CompletionList } from './completion-list.tsx';
import { ComposerTools, FormatBar } from './composer-tools.tsx';
import { pastedFiles } from './pasted-files.ts';
import { useComposer } from './use-composer.ts';
import { useDraft } from './use-draft.ts';
import { useSending } from './use-sending.ts';
import './composer.css';

interface ComposerProps {
  readonly placeholder: string;
  readonly replyTo: ChatMessage | null;
  readonly onReplyDone: () => void;
  readonly textRef: RefObject<HTMLTextAreaElement | null>;
  /** Edits the last message of one's own, if there is one in sight. */
  readonly onEditLast: () => void;
  /** Takes files; null where none are taken. */
  readonly onFiles: ((files: readonly File[]) => void) | null;
}

/** Where one writes. What is written is kept here until it is sent, also over a closed tab. */
export function Composer({ placeholder, replyTo, onReplyDone, textRef, onEditLast, onFiles }: ComposerProps) {
  const { t } = useWords();
  const { channelId, userId } = useConversation();
  const channel = useChannel(channelId);
  const { text, change: setText, forget } = useDraft(userId, channelId);
  const [isFormatting, setFormatting] = useState(readSetting('formatting') === 'on');
  const left = LIMITS.bodyCodePoints - countCodePoints(text);
  const { files, canSend, send, hold } = useSending({
    body: text.trim(),
    isTooLong: left < 0,
    replyTo,
    onSent() {
      // Whoever has left meanwhile finds nothing of it here.
      if (textRef.current === null) forget(text);
      else setText('');
      onReplyDone();
      announce(t('composer.sending'));
    },
  });
  const { completer, ...composer } = useComposer({
    text,
    setText,
    textRef,
    onSend: send,
    onEditLast,
    onCancel: onReplyDone,
    onTyping: (isTyping) => channel.setTyping(isTyping),
  });
  const voice = useClips(files.uploads, hold, () => textRef.current?.focus());
  return (
    <div className="composer" onPaste={(event) => takePasted(event, onFiles)}>
      {completer.items.length > 0 && (
        <CompletionList
          id={completer.listId}
          items={completer.items}
          at={completer.at}
          onChoose={completer.choose}
          listRef={completer.listRef}
        />
      )}
      {replyTo !== null && <ReplyLine replyTo={replyTo} onDone={onReplyDone} />}
      {files.list.length > 0 && <UploadTray uploads={files.uploads} list={files.list} />}
      {isFormatting && <FormatBar onFormat={composer.format} />}
      {voice.recording !== null && (
        <div className="composer-row">
          <VoiceBar recording={voice.recording} onSend={voice.finish} onCancel={voice.cancel} />
        </div>
      )}
      <div className="composer-row" hidden={voice.recording !== null}>
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
          onFiles={onFiles}
          onVoice={onFiles === null ? null : voice.start}
          isFormatting={isFormatting}
          onFormatting={setFormatting}
          onInsert={composer.insert}
          canSend={canSend}
          onSend={() => {
            send();
            textRef.current?.focus();
          }}
        />
      </div>
      <ComposerNotes isHeld={files.isHeld} left={left} />
    </div>
  );
}

/** Records clips; each is a file of the message, which then goes out by itself. */
function useClips(uploads: Uploads, hold: () => void, onEnd: () => void) {
  const { t } = useWords();
  return useVoice({
    onClip(clip) {
      if (uploads.add([clip.file], clip) > 0)
        notify(t('files.tooMany', { count: LIMITS.attachmentsPerMessage }), 'problem');
      else hold();
    },
    onEnd,
  });
}

/** Files that are pasted become files of the message; text stays text. */
function takePasted(event: ClipboardEvent, onFiles: ComposerProps['onFiles']): void {
  const pasted = pastedFiles(event.clipboardData);
  if (pasted.length === 0 || onFiles === null) return;
  event.preventDefault();
  onFiles(pasted);
}

function ReplyLine({ replyTo, onDone }: { readonly replyTo: ChatMessage; readonly onDone: () => void }) {
  const { t } = useWords();
  return (
    <div className="composer-reply">
      <span className="composer-reply-label">{t('composer.replyTo')}</span>
      <QuotedMessage message={replyTo} />
      <IconButton icon={X} label={t('composer.cancelReply')} size="small" onClick={onDone} />
    </div>
  );
}

/** What keeps the message from going out, now or soon. */
function ComposerNotes({ isHeld, left }: { readonly isHeld: boolean; readonly left: number }) {
  const { t, format } = useWords();
  return (
    <>
      {isHeld && (
        <p className="composer-count" role="status">
          {t('files.held')}
        </p>
      )}
      {left < 200 && (
        <p className={left < 0 ? 'composer-count composer-over' : 'composer-count'} role="status">
          {left < 0 ? t('composer.tooLong', { count: format.number(-left) }) : t('composer.left', { count: left })}
        </p>
      )}
    </>
  );
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
