import { type FocusEvent, type KeyboardEvent, useCallback, useContext, useMemo, useRef, useState } from 'react';
import { EditingContext } from '../conversation/conversation-context.tsx';
import type { Row } from './rows.ts';

interface ListKeys {
  /** The row that Tab comes to. */
  readonly tabStop: number;
  /** Rows that stay drawn out of sight, so that neither the focus is lost with them nor what is written in them. */
  readonly keepMounted: readonly number[];
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onFocus: (event: FocusEvent<HTMLElement>) => void;
}

/** Moves from message to message with the arrows, Home and End: the list is one stop of the Tab key. */
export function useListKeys(rows: readonly Row[], scrollToRow: (index: number) => void): ListKeys {
  const editingId = useContext(EditingContext);
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const list = useRef<HTMLElement>(null);
  const lastMessage = rows.findLastIndex(({ kind }) => kind === 'message');
  const active = activeKey === null ? -1 : rows.findIndex(({ key }) => key === activeKey);
  const tabStop = active < 0 ? lastMessage : active;

  const focusRow = useCallback(
    (index: number) => {
      const row = rows[index];
      if (row === undefined) return;
      setActiveKey(row.key);
      const find = () => list.current?.querySelector<HTMLElement>(`[data-message="${row.key}"]`);
      const element = find();
      if (element) return element.focus();
      scrollToRow(index);
      // It is drawn with the next frame.
      requestAnimationFrame(() => requestAnimationFrame(() => find()?.focus()));
    },
    [rows, scrollToRow],
  );

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    list.current = event.currentTarget;
    if (!(event.target instanceof HTMLElement) || event.target.dataset.message === undefined) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.findIndex(({ key }) => key === (event.target as HTMLElement).dataset.message);
    const next = nextMessage(rows, at, event.key);
    if (next === null) return;
    event.preventDefault();
    focusRow(next);
  };
  const onFocus = (event: FocusEvent<HTMLElement>) => {
    list.current = event.currentTarget;
    const row = event.target.closest<HTMLElement>('[data-message]');
    if (row?.dataset.message !== undefined) setActiveKey(row.dataset.message);
  };
  const editing = editingId === null ? -1 : rows.findIndex(({ key }) => key === editingId);
  const keepMounted = useMemo(() => [...new Set([active, editing])].filter((index) => index >= 0), [active, editing]);
  return { tabStop, keepMounted, onKeyDown, onFocus };
}

/** The message that a key leads to. */
export function nextMessage(rows: readonly Pick<Row, 'kind'>[], at: number, key: string): number | null {
  const isMessage = (index: number) => rows[index]?.kind === 'message';
  const walk = (from: number, step: 1 | -1) => {
    for (let index = from; index >= 0 && index < rows.length; index += step) if (isMessage(index)) return index;
    return null;
  };
  switch (key) {
    case 'ArrowUp':
      return walk(at - 1, -1);
    case 'ArrowDown':
      return walk(at + 1, 1);
    case 'Home':
      return walk(0, 1);
    case 'End':
      return walk(rows.length - 1, -1);
    default:
      return null;
  }
}
