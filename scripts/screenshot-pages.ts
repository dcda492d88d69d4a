import type { Page } from 'playwright-core';
import type { Workspace } from '../tests/support/workspace.ts';

/** One picture: a page, and what is done there before it is taken. */
export interface Shot {
  readonly name: string;
  readonly hash: string;
  /** Signed out where it is null. */
  readonly as: 'maya' | null;
  /** What to do before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

/** Every page of the app. */
export function shotsOf({ channels, direct, threadId }: Workspace, invitation: string): readonly Shot[] {
  const channel = `#/c/${channels.engineering}`;
  const press = (keys: string) => (page: Page) => page.keyboard.press(keys);
  const click = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).first().click();
  return [
    { name: 'sign-in', hash: '', as: null },
    { name: 'sign-up', hash: `#/join/${invitation}`, as: null },
    { name: 'home', hash: '#/', as: 'maya' },
    { name: 'channel', hash: channel, as: 'maya' },
    {
      name: 'channel-hover',
      hash: channel,
      as: 'maya',
      act: (page) => page.locator('.shell-main [data-message]').nth(-3).hover(),
    },
    { name: 'general', hash: `#/c/${channels.general}`, as: 'maya' },
    { name: 'launch', hash: `#/c/${channels.launch}`, as: 'maya' },
    { name: 'direct', hash: `#/c/${direct}`, as: 'maya' },
    { name: 'thread', hash: `${channel}/thread/${threadId}`, as: 'maya' },
    { name: 'members', hash: `${channel}/members`, as: 'maya' },
    { name: 'details', hash: `${channel}/details`, as: 'maya' },
    { name: 'pins', hash: `${channel}/pins`, as: 'maya' },
    { name: 'threads', hash: '#/threads', as: 'maya' },
    { name: 'files', hash: `#/c/${channels.design}`, as: 'maya' },
    { name: 'search', hash: '#/search/test', as: 'maya' },
    { name: 'search-empty', hash: '#/search', as: 'maya' },
    { name: 'jump', hash: `${channel}/details`, as: 'maya', act: click('Jump to a date') },
    {
      name: 'profile',
      hash: channel,
      as: 'maya',
      act: (page) => page.locator('button.message-author', { hasText: 'Kenji' }).last().click(),
    },
    { name: 'channel-settings', hash: `${channel}/details`, as: 'maya', act: click('Channel settings') },
    { name: 'switcher', hash: channel, as: 'maya', act: press('Control+k') },
    { name: 'shortcuts', hash: '#/', as: 'maya', act: press('?') },
    {
      name: 'emoji',
      hash: channel,
      as: 'maya',
      act: (page) => page.locator('.composer').getByRole('button', { name: 'Emoji' }).click(),
    },
    {
      name: 'completion',
      hash: channel,
      as: 'maya',
      act: (page) => page.getByRole('textbox', { name: /^Message/ }).pressSequentially('**Done**, thanks @'),
    },
    { name: 'voice', hash: channel, as: 'maya', act: recordVoice },
    { name: 'browse', hash: '#/', as: 'maya', act: click('Browse channels') },
    { name: 'new-direct', hash: '#/', as: 'maya', act: click('New message') },
    {
      name: 'create-channel',
      hash: '#/',
      as: 'maya',
      act: (page) => click('Browse channels')(page).then(() => click('Create a channel')(page)),
    },
    { name: 'invite', hash: '#/settings/invitations', as: 'maya', act: click('New invitation') },
    { name: 'webhook-create', hash: '#/admin/webhooks', as: 'maya', act: click('New webhook') },
    {
      name: 'webhook-deliveries',
      hash: '#/admin/webhooks',
      as: 'maya',
      act: async (page) => {
        await page.getByRole('button', { name: 'Actions for Archive' }).click();
        await page.getByRole('menuitem', { name: 'Deliveries' }).click();
      },
    },
    ...['profile', 'appearance', 'sessions', 'invitations'].map(
      (section): Shot => ({ name: `settings-${section}`, hash: `#/settings/${section}`, as: 'maya' }),
    ),
    ...['metrics', 'users', 'invitations', 'keys', 'webhooks', 'flags', 'queue', 'audit'].map(
      (section): Shot => ({ name: `admin-${section}`, hash: `#/admin/${section}`, as: 'maya' }),
    ),
  ];
}

async function recordVoice(page: Page): Promise<void> {
  await page.context().grantPermissions(['microphone']);
  await page.getByRole('button', { name: 'Record a voice message', exact: true }).first().click();
  await page.locator('.voice-time', { hasText: '0:03' }).waitFor();
}
