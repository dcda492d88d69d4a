/** What stamps every record: which run wrote it, which client or node, and when on the one clock that all of them share. */
export interface Stamp {
  readonly run: string;
  /** Repeats the run. */
  readonly seed: string;
  /** One life of one client or node: a client that forgets everything comes back under another name. */
  readonly proc: string;
  /** Milliseconds on a clock that only rises and that all processes of the run share. */
  readonly tMono: number;
}

/** How an attempt ended. `info`: without an answer, so it happened once or never. */
export type Outcome = 'ok' | 'fail' | 'info';

/** The state of one message as a client holds it. */
export interface Item {
  /** Left out where it is the record's own channel; threads of a root come under their own id. */
  readonly channel?: string;
  readonly id: string;
  readonly seq: number;
  /** The rev of this state. */
  readonly rev: number;
  /** Whether the application was told that it is new; left out where nobody is told. */
  readonly isNew?: boolean;
  /** Names the content, so that two states of one rev can be compared without carrying text. */
  readonly digest?: string;
}

/** The process has a session: a welcome was read. */
export interface ConnRecord {
  readonly type: 'conn';
  readonly user: string;
  readonly epoch: string;
  readonly node?: string;
}

/** The session is over. */
export interface CloseRecord {
  readonly type: 'close';
  readonly code?: number;
}

/** The process asks for something; `id` is the message's id for a send, else any name unique to the request. */
export interface InvokeRecord {
  readonly type: 'invoke';
  readonly op: string;
  readonly id: string;
  readonly channel?: string;
  /** Whom it is about: who is kicked or added. */
  readonly user?: string;
  readonly seq?: number;
}

/** An attempt ended: the answer to the latest open `invoke` of this `op` and `id`, or `info` when it will have none. */
export interface AckRecord {
  readonly type: 'ack';
  readonly op: string;
  readonly id: string;
  readonly outcome: Outcome;
  readonly channel?: string;
  readonly user?: string;
  readonly code?: string;
  readonly seq?: number;
  readonly rev?: number;
}

/** The process applied one event, live: `new` shows a message, other message changes alter one, the rest has no message. */
export interface RecvRecord {
  readonly type: 'recv';
  readonly op: 'new' | 'edited' | 'deleted' | 'reacted' | 'pinned' | 'threaded' | 'members' | 'channel';
  readonly channel: string;
  /** The channel whose rev this is, where it is another one: in threads. */
  readonly root?: string;
  readonly rev: number;
  readonly id?: string;
  readonly seq?: number;
  /** In a thread the seq of the root's message it hangs on; elsewhere that of the message it answers. */
  readonly parent?: number;
  readonly digest?: string;
  readonly joined?: readonly string[];
  readonly left?: readonly string[];
}

/** The process was given an event of a root channel of which it holds no copy, or none yet. */
export interface HeardRecord {
  readonly type: 'heard';
  readonly channel: string;
  readonly rev: number;
}

/** The process applied everything between two revs of a root channel at once. */
export interface ResumeRecord {
  readonly type: 'resume';
  readonly channel: string;
  readonly from: number;
  readonly rev: number;
  readonly items: readonly Item[];
  readonly joined?: readonly string[];
  readonly left?: readonly string[];
}

/** The process begins its copy of a root channel here and holds nothing from before: on joining, or told to start anew. */
export interface ResetRecord {
  readonly type: 'reset';
  readonly channel: string;
  readonly seq: number;
  readonly rev: number;
}

/** The process was told that it may no longer see a channel, and dropped its copy. */
export interface GoneRecord {
  readonly type: 'gone';
  readonly channel: string;
}

/** The process saw that something is missing; what mends it follows as `resume` or `reset`. */
export interface GapRecord {
  readonly type: 'gap';
  readonly channel: string;
  readonly rev: number;
}

/** One page of history. `asked` is when the request left, `seq` the channel's last as the page tells it. */
export interface PageRecord {
  readonly type: 'history';
  readonly channel: string;
  readonly asked: number;
  readonly seq: number;
  readonly hasAfter: boolean;
  readonly items: readonly Item[];
}

/** The process learned how far `user` has got. */
export interface ReadRecord {
  readonly type: 'read';
  readonly channel: string;
  readonly user: string;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

/** What the process shows of a channel; the last one of a run, after everything has settled, is `final`. */
export interface StateRecord {
  readonly type: 'state';
  readonly channel: string;
  readonly seq: number;
  readonly rev: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly mentions: number;
  /** The messages on the screen, by rising seq: all of them up to `seq`, as far back as they are kept. */
  readonly items: readonly Item[];
  readonly final: boolean;
}

/** The process shows `user` as this. */
export interface PresenceRecord {
  readonly type: 'presence';
  readonly user: string;
  readonly status: 'online' | 'away' | 'offline';
}

/** The process shows, or no longer shows, that `user` types. */
export interface TypingRecord {
  readonly type: 'typing';
  readonly channel: string;
  readonly user: string;
  readonly on: boolean;
}

/** Something was broken on purpose. */
export interface FaultRecord {
  readonly type: 'fault';
  readonly op: string;
  readonly target?: string;
}

export type RecordBody =
  | ConnRecord
  | CloseRecord
  | InvokeRecord
  | AckRecord
  | RecvRecord
  | HeardRecord
  | ResumeRecord
  | ResetRecord
  | GoneRecord
  | GapRecord
  | PageRecord
  | ReadRecord
  | StateRecord
  | PresenceRecord
  | TypingRecord
  | FaultRecord;

/** One line of a history: what one process asked, was told, received or shows. */
export type HistoryRecord = Stamp & RecordBody;
