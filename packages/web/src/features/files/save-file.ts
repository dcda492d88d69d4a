import type { ChatClient } from '@parley/client';
import type { AttachmentView } from '@parley/protocol';

/** Saves a file on the user's device. The address is made at the click: it lives for minutes only. */
export async function saveFile(client: ChatClient, { id, name }: AttachmentView): Promise<void> {
  const link = document.createElement('a');
  link.href = await client.fileUrl(id);
  link.download = name;
  link.rel = 'noopener';
  document.body.append(link);
  link.click();
  link.remove();
}
