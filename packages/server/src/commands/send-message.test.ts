import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { AccessDirectory } from '../channels/access.ts';
import type { Access } from '../channels/permissions.ts';
import type { MentionResolver } from '../messages/mentions.ts';
import type { MessageQueue } from '../queue/message-queue.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { CommandContext } from './handler.ts';
import { type SendMessageRooms, sendMessage } from './send-message.ts';

const channelId = '0199c82c-0000-7000-8000-000000000001' as ChannelId;
const userId = '0199c82c-0000-7000-8000-000000000002' as UserId;
const facts = { id: channelId, kind: 'private', rootId: channelId, archived: false, permissions: {}, accessRev: 1 };
const access = { userId, serverRole: 'member', channel: facts, root: facts, role: 'member' } as unknown as Access;
const input = { channelId, id: '0199c82c-0000-7000-8000-000000000003' as MessageId, body: 'hello @bob' };
const context = { actor: { userId }, subscriber: null } as unknown as CommandContext;

function roomsWith(resolve: MentionResolver['resolve']): SendMessageRooms {
  return {
    access: { known: () => access } as unknown as AccessDirectory,
    mentions: { resolve } as unknown as MentionResolver,
    queue: { enqueue: () => undefined } as unknown as MessageQueue,
    attachments: { claim: () => Promise.resolve([]) },
    history: { sent: () => Promise.resolve(null) },
    clock: new FakeClock(),
  };
}

test('[ROAD8] asks once whom a message calls, and a failure of that is the failure of the send', async () => {
  let lookUps = 0;
  const lost = new Error('Connection terminated unexpectedly');
  const send = sendMessage(
    roomsWith(() => {
      lookUps += 1;
      return Promise.reject(lost);
    }),
  );
  // A second look-up whose failure nobody hears would end the process.
  await expect(send(input, context)).rejects.toBe(lost);
  expect(lookUps).toBe(1);
});
