import { type AttachmentRooms, attachmentHandlers } from './attachment-commands.ts';
import { authHandlers } from './auth-commands.ts';
import { type ChannelRooms, channelHandlers } from './channel-commands.ts';
import { type DeliveryRooms, deliveryHandlers } from './delivery-commands.ts';
import { type FlagRooms, flagHandlers } from './flag-commands.ts';
import type { Handlers } from './handler.ts';
import { type InvitationRooms, invitationHandlers } from './invitation-commands.ts';
import { meHandlers } from './me-commands.ts';
import { type MemberRooms, memberHandlers } from './member-commands.ts';
import { type MessageRooms, messageHandlers } from './message-commands.ts';
import { type MonitoringRooms, monitoringHandlers } from './monitoring-commands.ts';
import { type PresenceRooms, presenceHandlers } from './presence-commands.ts';
import { type QueueRooms, queueHandlers } from './queue-commands.ts';
import { type SearchRooms, searchHandlers } from './search-commands.ts';
import { type SendMessageRooms, sendMessage } from './send-message.ts';
import { type SyncRooms, syncHandlers } from './sync-commands.ts';
import { type ThreadRooms, threadHandlers } from './thread-commands.ts';
import { userHandlers } from './user-commands.ts';
import type { UserRooms } from './user-rooms.ts';
import { type WebhookRooms, webhookHandlers } from './webhook-commands.ts';

/** Every room that some command works with. */
export type CommandRooms = UserRooms &
  ChannelRooms &
  MemberRooms &
  MessageRooms &
  ThreadRooms &
  InvitationRooms &
  DeliveryRooms &
  PresenceRooms &
  SearchRooms &
  AttachmentRooms &
  SyncRooms &
  MonitoringRooms &
  FlagRooms &
  WebhookRooms &
  QueueRooms &
  SendMessageRooms;

/** One handler for every operation: the compiler names the ones that are missing. */
export function buildHandlers(rooms: CommandRooms): Handlers {
  return {
    ...authHandlers(rooms),
    ...meHandlers(rooms),
    ...userHandlers(rooms),
    ...channelHandlers(rooms),
    ...memberHandlers(rooms),
    ...messageHandlers(rooms),
    ...threadHandlers(rooms),
    ...invitationHandlers(rooms),
    ...deliveryHandlers(rooms),
    ...presenceHandlers(rooms),
    ...searchHandlers(rooms),
    ...attachmentHandlers(rooms),
    ...syncHandlers(rooms),
    ...monitoringHandlers(rooms),
    ...flagHandlers(rooms),
    ...webhookHandlers(rooms),
    ...queueHandlers(rooms),
    'message.send': sendMessage(rooms),
  };
}
