import type { ChannelId } from '@parley/protocol';
import { useEffect, useMemo, useRef } from 'react';
import { announce } from '../../a11y/announcer.tsx';
import { useTyping, useUsers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';

const MAX_NAMES = 2;

/** Who is writing just now. Its line is always there, so that nothing jumps. */
export function TypingLine({ channelId }: { readonly channelId: ChannelId }) {
  const { t, format } = useWords();
  const typists = useTyping(channelId);
  const people = useUsers(typists);
  const text = useMemo(() => {
    const names = people.flatMap((person) => (person === null ? [] : person.displayName));
    if (names.length === 0) return '';
    if (names.length > MAX_NAMES) return t('typing.many');
    return t('typing.some', { names: format.list(names), count: names.length });
  }, [people, t, format]);
  const said = useRef('');
  useEffect(() => {
    // Heard once for each group of people, not with each stroke.
    if (text !== '' && text !== said.current) announce(text);
    said.current = text;
  }, [text]);
  return (
    <p className="typing-line" aria-hidden="true">
      {text !== '' && (
        <>
          <span className="typing-dots">
            <span />
            <span />
            <span />
          </span>
          {text}
        </>
      )}
    </p>
  );
}
