/** English: what the other languages are measured by. */
export const en = {
  'common.close': 'Close',
  'message.copied': 'Copied',
  'message.copyFailed': 'Unable to copy: the browser does not allow it',
  'message.copyCode': 'Copy code',
  'list.unread': { one: '{count} unread message', other: '{count} unread messages' },
} as const;
