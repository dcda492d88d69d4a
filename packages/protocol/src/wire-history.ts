/** Every published form of the wire, oldest first: version, hash of the schemas, and what changed for a client's author. */
export const WIRE_HISTORY: readonly { readonly version: number; readonly hash: string; readonly change: string }[] = [
  { version: 1, hash: '87881764922ecaef', change: 'The first form.' },
  {
    version: 1,
    hash: 'd4bcacf43cd12d85',
    change: 'Attachments tell of thumbnails, placeholders, lengths and waveforms.',
  },
  { version: 1, hash: 'ff6fe2a33adc99cd', change: 'Operations of operators: metrics, audit log, feature flags.' },
  { version: 1, hash: '84999579c2d8e7dc', change: '`message.unread` tells why a channel is unread.' },
  { version: 1, hash: 'be6ccfbb56eea374', change: 'Operations of operators: webhooks.' },
  { version: 1, hash: 'ed214a4704029e43', change: 'Operations of operators: the queue, and what was set aside.' },
  {
    version: 1,
    hash: '2ffe07ab5f77d8c7',
    change: '`cursor` tells `reachedSeq`, by which an event that is out of date is known.',
  },
  {
    version: 1,
    hash: '37766cdc3f1954bb',
    change: 'Times that are asked for, and the life of a key, have an upper bound.',
  },
  { version: 1, hash: '6838b868f71478da', change: 'The pattern of an emoji takes the same texts, in linear time.' },
  { version: 1, hash: 'a54dff31a600ef0b', change: 'A membership tells the `rev` at which one came in.' },
];
