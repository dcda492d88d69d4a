import { later } from '../../lib/later.ts';

/** What opens from a message: it comes with the first that is opened, or before. */
export const ForwardDialog = later(() => import('./forward-dialog.tsx'), 'ForwardDialog');
export const EditsDialog = later(() => import('./edits-dialog.tsx'), 'EditsDialog');
export const ReadersDialog = later(() => import('../conversation/readers-dialog.tsx'), 'ReadersDialog');
