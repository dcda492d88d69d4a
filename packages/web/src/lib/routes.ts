import type { ChannelId } from '@parley/protocol';
import { createStore } from './store.ts';

export const SETTINGS_SECTIONS = ['profile', 'appearance', 'sessions', 'invitations'] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];
export const ADMIN_SECTIONS = [
  'metrics',
  'users',
  'invitations',
  'keys',
  'webhooks',
  'flags',
  'queue',
  'audit',
] as const;
export type AdminSection = (typeof ADMIN_SECTIONS)[number];

/** What lies beside a conversation. */
export type Pane =
  | { readonly name: 'none' }
  | { readonly name: 'details' | 'members' | 'pins' }
  | { readonly name: 'thread'; readonly threadId: ChannelId };

export type Route =
  | { readonly name: 'home' | 'threads' }
  | { readonly name: 'welcome'; readonly ownerToken: string }
  /** The link of an invitation names its channel, so that a newcomer is taken there. */
  | { readonly name: 'join'; readonly code: string; readonly channelId: ChannelId | null }
  | { readonly name: 'channel'; readonly channelId: ChannelId; readonly pane: Pane; readonly seq: number | null }
  | { readonly name: 'search'; readonly query: string }
  | { readonly name: 'settings'; readonly section: SettingsSection }
  | { readonly name: 'admin'; readonly section: AdminSection };

export const HOME: Route = { name: 'home' };
export const NO_PANE: Pane = { name: 'none' };

/** Reads the part of the address behind `#`, which never leaves the browser: so it may hold one-time tokens. */
export function parseRoute(hash: string): Route {
  const [first = '', second = '', third = '', fourth = ''] = hash
    .replace(/^#?\/?/, '')
    .split('/')
    .map(decode);
  switch (first) {
    case 'welcome':
      return second === '' ? HOME : { name: 'welcome', ownerToken: second };
    case 'join':
      return second === ''
        ? HOME
        : { name: 'join', code: second, channelId: third === '' ? null : (third as ChannelId) };
    case 'c':
      return second === '' ? HOME : channelRoute(second as ChannelId, third, fourth);
    case 'threads':
      return { name: 'threads' };
    case 'search':
      return { name: 'search', query: second };
    case 'settings':
      return { name: 'settings', section: oneOf(SETTINGS_SECTIONS, second) };
    case 'admin':
      return { name: 'admin', section: oneOf(ADMIN_SECTIONS, second) };
    default:
      return HOME;
  }
}

/** The address of a route. */
export function hrefOf(route: Route): string {
  switch (route.name) {
    case 'home':
      return '#/';
    case 'threads':
      return '#/threads';
    case 'search':
      return route.query === '' ? '#/search' : `#/search/${encodeURIComponent(route.query)}`;
    case 'welcome':
      return `#/welcome/${encodeURIComponent(route.ownerToken)}`;
    case 'join':
      return `#/join/${encodeURIComponent(route.code)}${route.channelId === null ? '' : `/${route.channelId}`}`;
    case 'channel':
      return `#/c/${route.channelId}${paneHref(route.pane)}${route.seq === null ? '' : `/m/${route.seq}`}`;
    case 'settings':
    case 'admin':
      return `#/${route.name}/${route.section}`;
  }
}

/** The route of a conversation. */
export function toChannel(channelId: ChannelId, pane: Pane = NO_PANE, seq: number | null = null): Route {
  return { name: 'channel', channelId, pane, seq };
}

/** Goes to a route. With `replace` the present one is not to be found by going back. */
export function navigate(route: Route, { replace = false } = {}): void {
  const href = hrefOf(route);
  if (replace) {
    history.replaceState(null, '', href);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else if (location.hash !== href) location.hash = href;
  else repeats.update((count) => count + 1);
}

/** How often somebody has gone to where he was already: he may have scrolled away from what the address names. */
export const repeats = createStore(0);

function channelRoute(channelId: ChannelId, kind: string, value: string): Route {
  if (kind === 'm' && /^\d+$/.test(value)) return toChannel(channelId, NO_PANE, Number(value));
  if (kind === 'thread' && value !== '') return toChannel(channelId, { name: 'thread', threadId: value as ChannelId });
  if (kind === 'details' || kind === 'members' || kind === 'pins') return toChannel(channelId, { name: kind });
  return toChannel(channelId);
}

function paneHref(pane: Pane): string {
  if (pane.name === 'none') return '';
  return pane.name === 'thread' ? `/thread/${pane.threadId}` : `/${pane.name}`;
}

function oneOf<Name extends string>(names: readonly [Name, ...Name[]], name: string): Name {
  return names.find((known) => known === name) ?? names[0];
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
