import { laterDialog, laterView } from '../later/later.tsx';

/** What is not needed to read and write: it comes once that works. */
export const SettingsView = laterView(() => import('../settings/settings-view.tsx'), 'SettingsView');
export const SearchView = laterView(() => import('../search/search-view.tsx'), 'SearchView');
export const ThreadsView = laterView(() => import('../threads/threads-view.tsx'), 'ThreadsView');
export const ThreadPane = laterDialog(() => import('../panes/thread-pane.tsx'), 'ThreadPane');
export const MembersPane = laterDialog(() => import('../panes/members-pane.tsx'), 'MembersPane');
export const DetailsPane = laterDialog(() => import('../panes/details-pane.tsx'), 'DetailsPane');
export const PinsPane = laterDialog(() => import('../panes/pins-pane.tsx'), 'PinsPane');
export const Switcher = laterDialog(() => import('../switcher/switcher.tsx'), 'Switcher');
export const ShortcutsDialog = laterDialog(() => import('../switcher/shortcuts-dialog.tsx'), 'ShortcutsDialog');
export const BrowseChannelsDialog = laterDialog(
  () => import('../dialogs/browse-channels-dialog.tsx'),
  'BrowseChannelsDialog',
);
export const CreateChannelDialog = laterDialog(
  () => import('../dialogs/create-channel-dialog.tsx'),
  'CreateChannelDialog',
);
export const NewDirectDialog = laterDialog(() => import('../dialogs/new-direct-dialog.tsx'), 'NewDirectDialog');
export const InviteDialog = laterDialog(() => import('../dialogs/invite-dialog.tsx'), 'InviteDialog');
export const StatusDialog = laterDialog(() => import('../presence/status-dialog.tsx'), 'StatusDialog');

// For the operator alone: it is not fetched ahead.
export const AdminView = laterView(() => import('../admin/admin-view.tsx'), 'AdminView', { isPreloaded: false });
