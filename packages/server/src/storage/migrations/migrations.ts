import { createAccounts } from './20251020000000_create_accounts.ts';
import { createChannels } from './20251021000000_create_channels.ts';
import { createMessages } from './20251022000000_create_messages.ts';
import { addChatIndexes } from './20251024000000_add_chat_indexes.ts';
import { updateChatSchema } from './20251024000001_update_chat_schema.ts';
import { createRecords } from './20251025000000_create_records.ts';
import { addAccountIndexes } from './20251026000000_add_account_indexes.ts';
import { indexEveryoneMentions } from './20251026000000_index_everyone_mentions.ts';
import { addDeliveryFloors } from './20251027000000_add_delivery_floors.ts';
import { addPresence } from './20251027000001_add_presence.ts';
import { createSearch } from './20251028000000_create_search.ts';
import { tuneDelivery } from './20251029000000_tune_delivery.ts';
import { createAttachments } from './20251030000000_create_attachments.ts';
import { describeAttachments } from './20251128000000_describe_attachments.ts';
import { createMonitoring } from './20251128000100_create_monitoring.ts';
import { createFeatureFlags } from './20251128000200_create_feature_flags.ts';
import { createWebhooks } from './20251128000300_create_webhooks.ts';
import { pointDeliveries } from './20251129000000_point_deliveries.ts';
import { noteAdmissions } from './20251129000100_note_admissions.ts';
import type { SchemaMigration } from './migration.ts';

/** All migrations by name; the name's timestamp is the order. Listed here, so a bundle needs no directory to search. */
export const MIGRATIONS: Readonly<Record<string, SchemaMigration>> = {
  '20251020000000_create_accounts': createAccounts,
  '20251021000000_create_channels': createChannels,
  '20251022000000_create_messages': createMessages,
  '20251024000000_add_chat_indexes': addChatIndexes,
  '20251024000001_update_chat_schema': updateChatSchema,
  '20251025000000_create_records': createRecords,
  '20251026000000_add_account_indexes': addAccountIndexes,
  '20251026000000_index_everyone_mentions': indexEveryoneMentions,
  '20251027000000_add_delivery_floors': addDeliveryFloors,
  '20251027000001_add_presence': addPresence,
  '20251028000000_create_search': createSearch,
  '20251029000000_tune_delivery': tuneDelivery,
  '20251030000000_create_attachments': createAttachments,
  '20251128000000_describe_attachments': describeAttachments,
  '20251128000100_create_monitoring': createMonitoring,
  '20251128000200_create_feature_flags': createFeatureFlags,
  '20251128000300_create_webhooks': createWebhooks,
  '20251129000000_point_deliveries': pointDeliveries,
  '20251129000100_note_admissions': noteAdmissions,
};
