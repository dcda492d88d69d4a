import type { ChatClient } from '@parley/client';
import type { UserId } from '@parley/protocol';
import { navigate, toChannel } from '../lib/routes.ts';

/** Opens the direct conversation with somebody and goes there. */
export async function openDirect(client: ChatClient, ...userIds: readonly UserId[]): Promise<void> {
  const channel = await client.openDirect(userIds);
  navigate(toChannel(channel.id));
}
