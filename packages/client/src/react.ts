export { ParleyProvider, type ParleyProviderProps, useClient } from './react/provider.ts';
export { type ChannelView, useChannel, useChannels, useThreads, useUnread } from './react/use-channels.ts';
export { useConnection, useFlags, useMe } from './react/use-connection.ts';
export { useFileUrl } from './react/use-file-url.ts';
export { type MessagesView, useMessages } from './react/use-messages.ts';
export { type MembersView, useMembers, usePresence, useReceipts, useTyping, useUser } from './react/use-people.ts';
