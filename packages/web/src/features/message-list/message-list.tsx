import type { Channel, ChatMessage, ParleyError } from '@parley/client';
import type { UserId } from '@parley/protocol';
import { ArrowDown, ChevronDown } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { errorText } from '../../chat/error-text.ts';
import { useChannel, useChannelInfo, useConnection, useMessages, useReceipts } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { repeats } from '../../lib/routes.ts';
import { useNow } from '../../lib/use-now.ts';
import { useStore } from '../../lib/use-store.ts';
import { Button } from '../../ui/button.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { JumpPopover } from '../jump/jump-to-date.tsx';
import { MessageItem } from '../message/message-item.tsx';
import { MentionButton } from './mention-button.tsx';
import { MessageSkeleton } from './message-skeleton.tsx';
import { isNews, makeRows, type Row } from './rows.ts';
import { useDelivery } from './use-delivery.ts';
import { useListKeys } from './use-list-keys.ts';
import { useReadMarker } from './use-read-marker.ts';
import { type ScrollAnchor, useScrollAnchor } from './use-scroll-anchor.ts';
import { useStart } from './use-start.ts';
import './message-list.css';

interface MessageListProps {
  readonly label: string;
  /** What stands above the first message of all. */
  readonly start: ReactNode;
  /** A message to begin with, when an address names one. */
  readonly targetSeq: number | null;
}

/** The messages of the conversation: as many as are in sight, kept still while others come. */
export function MessageList({ label, start, targetSeq }: MessageListProps) {
  const { channelId, userId } = useConversation();
  const channel = useChannel(channelId);
  const snapshot = useMessages(channelId);
  const { items, hasOlder, isLoaded } = snapshot;
  const isOnline = useConnection().current === 'online';
  const info = useChannelInfo(channelId);
  const begin = useStart(channel, snapshot, targetSeq);
  const rows = useMemo(
    () => makeRows(items, { isWhole: isLoaded && !hasOlder, readSeq: begin.readSeq, userId }),
    [items, hasOlder, isLoaded, begin.readSeq, userId],
  );
  const startRow = useMemo(() => begin.rowIn(rows), [begin, rows]);
  const anchor = useScrollAnchor({ rows, snapshot, channel, startRow, isReady: begin.isReady });
  const { report, suspend } = useReadMarker({ ...anchor, channel, rows });
  const deliveryOfMessage = useDelivery(useReceipts(channelId), userId);
  const keys = useListKeys(rows, anchor.scrollToRow);
  const news = useNewsBelow(items, userId, anchor.isAtEnd);
  useEndAfterSending(items, snapshot.hasNewer, anchor.scrollToEnd);
  useTarget({ channel, seq: targetSeq, rows, anchor });

  const seen = () => {
    anchor.onScroll();
    report();
  };
  const firstSeq = items[0]?.seq ?? 0;
  return (
    <div className="message-list">
      <div
        ref={anchor.scrollerRef}
        className={classNames('message-scroller', !anchor.isPlaced && 'message-scroller-waiting')}
        role="log"
        aria-live="off"
        aria-label={label}
        aria-busy={!anchor.isPlaced}
        onKeyDown={keys.onKeyDown}
        onFocus={keys.onFocus}
      >
        <div className="message-room" />
        <Virtualizer
          key={anchor.listKey}
          ref={anchor.listRef}
          scrollRef={anchor.scrollerRef}
          data={rows}
          shift={anchor.shift}
          bufferSize={400}
          keepMounted={keys.keepMounted}
          onScroll={seen}
          onResize={report}
        >
          {(row: Row, index) => (
            <ListRow
              key={row.key}
              row={row}
              start={start}
              quoted={quotedBy(row, items, firstSeq)}
              delivery={row.kind === 'message' ? deliveryOfMessage(row.message) : null}
              isTabStop={index === keys.tabStop}
              isTarget={row.kind === 'message' && row.message.seq === targetSeq}
              onMarkUnread={suspend}
            />
          )}
        </Virtualizer>
      </div>
      {!anchor.isPlaced && <MessageSkeleton />}
      <LoadProblem
        error={snapshot.isLoading || !isOnline ? null : snapshot.error}
        onRetry={() => void channel.load()}
      />
      {anchor.isPlaced && info !== null && <MentionButton info={info} />}
      {anchor.isPlaced && (!anchor.isAtEnd || snapshot.hasNewer) && (
        <ToEndButton news={news} onClick={anchor.goToEnd} />
      )}
    </div>
  );
}

function ToEndButton({ news, onClick }: { readonly news: number; readonly onClick: () => void }) {
  const { t } = useWords();
  return (
    <button type="button" className={classNames('to-end', news > 0 && 'to-end-news')} onClick={onClick}>
      <ArrowDown size={16} aria-hidden="true" />
      {news > 0 ? t('list.news', { count: news }) : t('list.toEnd')}
    </button>
  );
}

interface ListRowProps {
  readonly row: Row;
  readonly start: ReactNode;
  readonly quoted: ChatMessage | null;
  readonly delivery: ReturnType<ReturnType<typeof useDelivery>>;
  readonly isTabStop: boolean;
  readonly isTarget: boolean;
  readonly onMarkUnread: () => void;
}

function ListRow({ row, start, ...message }: ListRowProps) {
  switch (row.kind) {
    case 'start':
      return <>{start}</>;
    case 'day':
      return <DayRow timeMs={row.timeMs} />;
    case 'unread':
      return <UnreadRow />;
    case 'message':
      return <MessageItem message={row.message} isHead={row.isHead} {...message} />;
  }
}

function LoadProblem({ error, onRetry }: { readonly error: ParleyError | null; readonly onRetry: () => void }) {
  const words = useWords();
  if (error === null) return null;
  return (
    <div className="message-list-problem" role="alert">
      <p>{errorText(words, error)}</p>
      <Button onClick={onRetry}>{words.t('common.retry')}</Button>
    </div>
  );
}

/** The day of what follows; a click chooses another. For the keyboard the same stands at the head of the channel. */
function DayRow({ timeMs }: { readonly timeMs: number }) {
  const { format } = useWords();
  const { channelId, isThread } = useConversation();
  const { isOpen, close, anchor, trigger } = usePopover();
  const day = format.day(timeMs, useNow());
  return (
    <div className="day-row">
      <h2>
        {isThread ? (
          day
        ) : (
          <button {...trigger} type="button" tabIndex={-1}>
            {day}
            <ChevronDown size={13} aria-hidden="true" />
          </button>
        )}
      </h2>
      {isOpen && <JumpPopover channelId={channelId} anchor={anchor} onClose={close} />}
    </div>
  );
}

function UnreadRow() {
  const { t } = useWords();
  return (
    <div className="unread-row">
      <h2>{t('list.newMessages')}</h2>
    </div>
  );
}

function quotedBy(row: Row, items: readonly ChatMessage[], firstSeq: number): ChatMessage | null {
  if (row.kind !== 'message' || row.message.replyTo === undefined) return null;
  // Loaded messages are numbered without a hole, so the place is arithmetic.
  return items[row.message.replyTo - firstSeq] ?? null;
}

/** How many messages of others have come since one left the end. */
function useNewsBelow(items: readonly ChatMessage[], userId: UserId | null, isAtEnd: boolean): number {
  const [seenSeq, setSeenSeq] = useState(0);
  const lastSeq = items.findLast(({ seq }) => seq > 0)?.seq ?? 0;
  useEffect(() => {
    if (isAtEnd) setSeenSeq(lastSeq);
  }, [isAtEnd, lastSeq]);
  if (isAtEnd || seenSeq === 0) return 0;
  let count = 0;
  // From the end: what has come lately is a few, the list may be long.
  for (let index = items.length - 1; index >= 0; index--) {
    const message = items[index];
    if (message === undefined || (message.seq > 0 && message.seq <= seenSeq)) break;
    if (isNews(message, seenSeq, userId)) count += 1;
  }
  return count;
}

/** Whoever writes wants to see it: the end comes into sight with each message of one's own. */
function useEndAfterSending(items: readonly ChatMessage[], hasNewer: boolean, scrollToEnd: () => void): void {
  const last = items.at(-1);
  const waitingId = last !== undefined && last.seq === 0 ? last.id : null;
  const shownId = useRef<string | null>(waitingId);
  useEffect(() => {
    if (waitingId === null || waitingId === shownId.current || hasNewer) return;
    shownId.current = waitingId;
    scrollToEnd();
  }, [waitingId, hasNewer, scrollToEnd]);
}

interface Target {
  readonly channel: Channel;
  readonly seq: number | null;
  readonly rows: readonly Row[];
  readonly anchor: Pick<ScrollAnchor, 'scrollToRow' | 'isPlaced'>;
}

/** Goes to a message that an address names while the conversation is open already, each time that somebody goes there. */
function useTarget({ channel, seq, rows, anchor: { scrollToRow, isPlaced } }: Target): void {
  const repeat = useStore(repeats);
  const wanted = seq === null ? null : `${seq}/${repeat}`;
  const reached = useRef(wanted);
  const asked = useRef(wanted);
  const index = seq === null ? -1 : rows.findIndex((row) => row.kind === 'message' && row.message.seq === seq);
  useEffect(() => {
    if (wanted === null) reached.current = null;
    if (seq === null || !isPlaced || reached.current === wanted) return;
    if (index >= 0) {
      reached.current = wanted;
      scrollToRow(index);
    } else if (asked.current !== wanted) {
      asked.current = wanted;
      void channel.jumpTo({ seq });
    }
  }, [channel, wanted, seq, index, scrollToRow, isPlaced]);
}
