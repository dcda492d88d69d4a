import { lazy } from 'react';
import { later } from '../../lib/later.ts';

/** What is not needed to read and write: it comes once that works. */
export const SettingsView = later(() => import('../settings/settings-view.tsx'), 'SettingsView');
export const SearchView = later(() => import('../search/search-view.tsx'), 'SearchView');
export const ThreadsView = later(() => import('../threads/threads-view.tsx'), 'ThreadsView');
export const ThreadPane = later(() => import('../panes/thread-pane.tsx'), 'ThreadPane');
export const MembersPane = later(() => import('../panes/members-pane.tsx'), 'MembersPane');
export const DetailsPane = later(() => import('../panes/details-pane.tsx'), 'DetailsPane');
export const PinsPane = later(() => import('../panes/pins-pane.tsx'), 'PinsPane');
export const Switcher = later(() => import('../switcher/switcher.tsx'), 'Switcher');
export const ShortcutsDialog = later(() => import('../switcher/shortcuts-dialog.tsx'), 'ShortcutsDialog');
export const BrowseChannelsDialog = later(
  () => import('../dialogs/browse-channels-dialog.tsx'),
  'BrowseChannelsDialog',
);
export const CreateChannelDialog = later(() => import('../dialogs/create-channel-dialog.tsx'), 'CreateChannelDialog');
export const NewDirectDialog = later(() => import('../dialogs/new-direct-dialog.tsx'), 'NewDirectDialog');
export const InviteDialog = later(() => import('../dialogs/invite-dialog.tsx'), 'InviteDialog');
export const StatusDialog = later(() => import('../presence/status-dialog.tsx'), 'StatusDialog');

// For the operator alone: it is not fetched ahead.
export const AdminView = lazy(async () => ({ default: (await import('../admin/admin-view.tsx')).AdminView }));
