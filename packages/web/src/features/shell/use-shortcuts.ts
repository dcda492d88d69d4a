import type { ChatClient } from '@parley/client';
import { useEffect, useRef } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { isComposing } from '../../lib/is-composing.ts';
import { navigate, type Route, toChannel } from '../../lib/routes.ts';
import { attentionOf, makeSections } from '../channel-list/sections.ts';
import { withFilter } from '../search/search-text.ts';
import { findComposer } from './find-composer.ts';

interface Options {
  readonly route: Route;
  readonly onSwitch: () => void;
  readonly onHelp: () => void;
}

/** Keys that work everywhere. What they are is told by the shortcuts dialog. */
export function useShortcuts(options: Options): void {
  const client = useClient();
  const latest = useRef(options);
  latest.current = options;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { route, onSwitch, onHelp } = latest.current;
      if (event.defaultPrevented || isComposing(event) || document.querySelector('dialog[open]') !== null) return;
      const isControl = event.ctrlKey || event.metaKey;
      if (isControl && !event.shiftKey && !event.altKey && event.key.toLowerCase() === 'k') act(event, onSwitch);
      else if (isControl && event.shiftKey && event.key.toLowerCase() === 'f')
        act(event, () => navigate({ name: 'search', query: searchFrom(client, route) }));
      else if (event.key === '?' && !isControl && !isTyping(event.target)) act(event, onHelp);
      else if (event.key === 'F6') act(event, () => moveRegion(event.shiftKey ? -1 : 1));
      else if (event.altKey && !isControl && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        const { channels, directs } = makeSections(client.channels.getSnapshot(), new Intl.Collator());
        const list = [...channels, ...directs];
        const at = route.name === 'channel' ? list.findIndex(({ id }) => id === route.channelId) : -1;
        const next = walk(list, at, step, (info) => !event.shiftKey || attentionOf(info).level !== 'none');
        if (next !== undefined) act(event, () => navigate(toChannel(next.id)));
      } else if (isLostText(event)) findComposer(event.target as Element)?.focus();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [client]);
}

/** The next item that is wanted, round the ends of the list. */
export function walk<Item>(
  list: readonly Item[],
  at: number,
  step: 1 | -1,
  isWanted: (item: Item) => boolean,
): Item | undefined {
  const start = at < 0 && step === -1 ? 0 : at;
  for (let count = 1; count <= list.length; count++) {
    const item = list[(start + step * count + list.length * 2) % list.length];
    if (item !== undefined && isWanted(item)) return item;
  }
  return undefined;
}

/** What a search begins with: the channel that is open. */
function searchFrom(client: ChatClient, route: Route): string {
  if (route.name !== 'channel') return '';
  const name = client.channel(route.channelId).info.getSnapshot()?.channel.name ?? null;
  return name === null ? '' : withFilter('', 'in', name);
}

function act(event: KeyboardEvent, action: () => void): void {
  event.preventDefault();
  action();
}

/** Somebody writes, and nothing is there to take it: the field that has the focus by now does. */
function isLostText(event: KeyboardEvent): boolean {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || key.length !== 1 || key === ' ') return false;
  // Menus and pickers go by letters themselves.
  return target instanceof Element && !isTyping(target) && target.closest('[popover]') === null;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** In the order of the screen: conversations, messages, composer, what lies beside. */
const REGIONS = [
  '.channel-list [aria-current]',
  '.channel-list a',
  '.shell-main [data-message][tabindex="0"]',
  '.shell-main textarea',
  '.pane',
];

function moveRegion(step: 1 | -1): void {
  const regions = REGIONS.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? []).filter(
    (element, index, all) => all.findIndex((other) => regionOf(other) === regionOf(element)) === index,
  );
  const at = regions.findIndex((element) => regionOf(element)?.contains(document.activeElement));
  regions[(at + step + regions.length) % regions.length]?.focus();
}

function regionOf(element: HTMLElement): Element | null {
  return element.closest('.channel-list, [role="log"], .composer, .pane');
}
