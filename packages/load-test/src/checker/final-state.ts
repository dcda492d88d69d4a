/** One stored row. */
export interface StoredMessage {
  readonly id: string;
  readonly seq: number;
  /** The rev of its last change. */
  readonly rev: number;
  readonly sender: string;
  readonly digest?: string;
  /** Written by the server itself: nobody asked for it. */
  readonly system?: boolean;
  readonly mentions?: readonly string[];
  readonly everyone?: boolean;
}

export interface StoredMember {
  readonly user: string;
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

/** From when to when, in revs of the root, somebody was in it: those who joined with `from`, until the leave took `to`. */
export interface Membership {
  readonly user: string;
  readonly from: number;
  /** Null while still in. */
  readonly to: number | null;
}

export interface StoredChannel {
  readonly id: string;
  /** The channel whose revs it takes; itself outside threads. */
  readonly root: string;
  /** Anybody may read the history of an open channel; only members hear it live. */
  readonly open: boolean;
  readonly lastSeq: number;
  readonly lastRev: number;
  /** Messages up to here were there before the run began: nobody's `invoke` is looked for. */
  readonly firstSeq?: number;
  readonly messages: Iterable<StoredMessage>;
  readonly members: readonly StoredMember[];
  /** The exact history of the membership, where it is known; else it is put together from what clients heard. */
  readonly memberships?: readonly Membership[];
}

/** What is in the database after everything has settled: the truth that every log is held against. */
export interface FinalState {
  readonly epoch: string;
  /** When it was read, on the clock of the records. */
  readonly tMono: number;
  readonly channels: readonly StoredChannel[];
  /** Processes that must have ended with a `final` state of these channels. */
  readonly expected?: readonly { readonly proc: string; readonly channels: readonly string[] }[];
}
