import { laterDialog } from '../later/later.tsx';

/** What opens from a message: it comes with the first that is opened, or before. */
export const ForwardDialog = laterDialog(() => import('./forward-dialog.tsx'), 'ForwardDialog');
export const EditsDialog = laterDialog(() => import('./edits-dialog.tsx'), 'EditsDialog');
export const ReadersDialog = laterDialog(() => import('../conversation/readers-dialog.tsx'), 'ReadersDialog');
