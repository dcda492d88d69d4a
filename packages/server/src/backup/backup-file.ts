/** A place for one backup. What cannot be read or written there is told by a `StartError`. */
export interface BackupFile {
  /** For people: a path, or `s3://bucket/key`. */
  readonly name: string;
  /**
   * Stores all of the content or, when it or the place fails, nothing; returns its bytes. What stood there before is replaced
   * only by a whole one. About how much may come is told, so that a place can make ready for it.
   */
  write(content: AsyncIterable<Buffer>, expectedBytes: number): Promise<number>;
  /** The bytes from the first on, in bounded memory; may be asked again. */
  read(): AsyncIterable<Buffer>;
}

/** A place for many backups: a directory, or a prefix in a bucket. */
export interface BackupShelf {
  /** For people. */
  readonly name: string;
  file(name: string): BackupFile;
  /** The names of all files there, in any order. */
  list(): Promise<string[]>;
  /** Removes a file; one that is not there is no fault. */
  remove(name: string): Promise<void>;
  /** Removes what backups of some names have left when they were killed; nobody may be writing one of them. */
  tidy(isOurs: (name: string) => boolean): Promise<void>;
}
