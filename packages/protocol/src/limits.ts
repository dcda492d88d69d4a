/** Sizes that both sides obey. A server's settings may lower some of them, never raise them. */
export const LIMITS = {
  /** Largest frame a client may send, in bytes (OWASP WebSocket advice: 64 KiB or less). */
  frameBytes: 65_536,
  /** Most WebSocket fragments of one message. */
  frameFragments: 16,
  /** Deepest nesting of JSON a door accepts. */
  jsonDepth: 8,
  /** Longest message text, in code points and in UTF-8 bytes; whichever is reached first. */
  bodyCodePoints: 4_000,
  bodyBytes: 16_384,
  /** Most combining marks in a row: more stack up into unreadable towers. */
  combiningMarks: 20,
  nameCodePoints: 80,
  topicCodePoints: 250,
  usernameLength: 32,
  passwordMinLength: 8,
  passwordMaxLength: 256,
  statusTextCodePoints: 100,
  emojiLength: 64,
  /** Different emoji on one message. */
  reactionKinds: 50,
  /** Messages on one page of history. */
  pageMessages: 100,
  pageItems: 200,
  /** Members of a group direct conversation, oneself included. */
  directMembers: 16,
  /** Users added by one invite command. */
  inviteUsers: 100,
  /** Channels named by one resume; a client with more sends the rest in further `resume` frames. */
  resumeChannels: 1_000,
  /** Cursors in one delivered or read report. */
  cursorReports: 200,
  /** Users whose presence one command may ask for. */
  presenceUsers: 200,
  attachmentsPerMessage: 10,
  /** Longest voice clip or video that says how long it is: a day. */
  clipDurationMs: 86_400_000,
  waveformPoints: 100,
  /** Longest search, and the words, phrases and filters in it. */
  searchCodePoints: 256,
  searchTerms: 16,
  searchResults: 50,
} as const;
