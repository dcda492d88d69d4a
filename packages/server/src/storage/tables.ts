import type { Action, ChannelId, MessageId, Role, Scope, SessionId, UserId } from '@parley/protocol';
import type { ColumnType, Generated } from 'kysely';

/** Read as epoch milliseconds, written as a Date. */
type Time = ColumnType<number, Date, Date>;
type OptionalTime = ColumnType<number | null, Date | null | undefined, Date | null>;
type DefaultTime = ColumnType<number, Date | undefined, Date>;
type Json<T> = ColumnType<T, string | undefined, string>;

interface UsersTable {
  id: UserId;
  username: string;
  display_name: string;
  kind: 'human' | 'bot';
  role: Role;
  password_hash: string | null;
  /** `issuer` and `sub` of a host application's JWT, for users it brought. */
  external_id: string | null;
  created_at: DefaultTime;
  deactivated_at: OptionalTime;
  hide_receipts: Generated<boolean>;
  last_seen_at: OptionalTime;
}

interface UserStatusesTable {
  user_id: UserId;
  availability: Generated<'online' | 'away' | 'invisible'>;
  do_not_disturb: Generated<boolean>;
  text: Generated<string>;
  emoji: Generated<string>;
  until: OptionalTime;
}

interface SessionsTable {
  id: SessionId;
  user_id: UserId;
  token_hash: Buffer;
  created_at: DefaultTime;
  last_seen_at: DefaultTime;
  expires_at: Time;
  user_agent: string;
  address: string;
}

interface ApiKeysTable {
  id: string;
  user_id: UserId;
  name: string;
  secret_hash: Buffer;
  scopes: Scope[];
  created_at: DefaultTime;
  last_used_at: OptionalTime;
  expires_at: OptionalTime;
}

interface ServerStateTable {
  key: string;
  value: Json<unknown>;
}

interface ChannelsTable {
  id: ChannelId;
  kind: 'public' | 'private' | 'direct' | 'thread';
  name: string | null;
  topic: Generated<string>;
  root_id: ChannelId;
  root_seq: number | null;
  direct_key: string | null;
  last_seq: Generated<number>;
  last_rev: Generated<number>;
  access_rev: Generated<number>;
  member_count: Generated<number>;
  max_members: number | null;
  permissions: Json<Partial<Record<Role, Action[]>>>;
  created_by: UserId | null;
  created_at: DefaultTime;
  archived_at: OptionalTime;
}

interface ChannelMembersTable {
  channel_id: ChannelId;
  user_id: UserId;
  role: Role;
  joined_seq: number;
  delivered_seq: number;
  read_seq: number;
  marked_seq: number | null;
  notify: Generated<'all' | 'mentions' | 'none'>;
  rev: number;
  joined_at: DefaultTime;
  /** The channel's `access_rev` then. */
  joined_access: Generated<number>;
  left_at: OptionalTime;
}

interface DeliveryFloorsTable {
  channel_id: ChannelId;
  delivered_all: Generated<number>;
  delivered_holder: UserId | null;
  delivered_rest: Generated<number>;
  read_all: Generated<number>;
  read_holder: UserId | null;
  read_rest: Generated<number>;
}

interface ChannelBansTable {
  channel_id: ChannelId;
  user_id: UserId;
  banned_by: UserId | null;
  created_at: DefaultTime;
}

interface InvitationsTable {
  id: string;
  code_hash: Buffer;
  channel_id: ChannelId | null;
  role: Role;
  created_by: UserId | null;
  created_at: DefaultTime;
  expires_at: OptionalTime;
  max_uses: number | null;
  uses: Generated<number>;
}

interface MessagesTable {
  channel_id: ChannelId;
  root_id: ChannelId;
  seq: number;
  rev: number;
  id: MessageId;
  sender_id: UserId;
  kind: Generated<'text' | 'system'>;
  body: string;
  reply_to: number | null;
  thread_id: ChannelId | null;
  everyone: 'here' | 'channel' | null;
  mentions: UserId[] | null;
  attachments: string[] | null;
  status: Generated<string>;
  created_at: DefaultTime;
  edited_at: OptionalTime;
  deleted_at: OptionalTime;
  delivered_at: OptionalTime;
  read_at: OptionalTime;
  pinned_at: OptionalTime;
  pinned_by: UserId | null;
}

interface MessageEditsTable {
  channel_id: ChannelId;
  seq: number;
  rev: number;
  body: string;
  edited_at: DefaultTime;
}

interface ReactionsTable {
  channel_id: ChannelId;
  seq: number;
  emoji: string;
  user_id: UserId;
  created_at: DefaultTime;
}

interface MentionsTable {
  user_id: UserId;
  channel_id: ChannelId;
  seq: number;
}

interface IdempotencyKeysTable {
  user_id: UserId;
  key: string;
  request_hash: Buffer;
  status: number | null;
  response: Json<unknown> | null;
  created_at: DefaultTime;
}

interface AuditLogTable {
  id: Generated<number>;
  at: DefaultTime;
  actor_id: UserId | null;
  action: string;
  target: string | null;
  details: Json<unknown>;
  address: string | null;
}

interface FeatureFlagsTable {
  key: string;
  rules: Json<unknown>;
  killed: Generated<boolean>;
  changed_at: DefaultTime;
  changed_by: UserId | null;
}

/** Every table that the stores use; the migrations are the truth, this is their TypeScript shape. */
export interface Tables {
  users: UsersTable;
  user_statuses: UserStatusesTable;
  sessions: SessionsTable;
  api_keys: ApiKeysTable;
  server_state: ServerStateTable;
  channels: ChannelsTable;
  channel_members: ChannelMembersTable;
  delivery_floors: DeliveryFloorsTable;
  channel_bans: ChannelBansTable;
  invitations: InvitationsTable;
  messages: MessagesTable;
  message_edits: MessageEditsTable;
  reactions: ReactionsTable;
  mentions: MentionsTable;
  idempotency_keys: IdempotencyKeysTable;
  audit_log: AuditLogTable;
  feature_flags: FeatureFlagsTable;
}
