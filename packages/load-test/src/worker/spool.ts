import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { RecordBody } from '../checker/history-record.ts';
import { nowMs } from '../clock.ts';

/** Characters that are gathered before they are written. */
const CHUNK = 256 * 1_024;

/** One line of a spool: a record without what all records of a run have in common. */
export type SpooledRecord = RecordBody & { readonly proc: string; readonly tMono: number };

/** Writes the records of one worker to a file, in the order of their time: they are looked at after the run. */
export class Spool {
  readonly #file: WriteStream;
  #lines = '';

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  write(proc: string, body: RecordBody): void {
    this.#lines += `${JSON.stringify({ proc, tMono: nowMs(), ...body })}\n`;
    if (this.#lines.length >= CHUNK) this.#flush();
  }

  async close(): Promise<void> {
    this.#flush();
    this.#file.end();
    await once(this.#file, 'finish');
  }

  #flush(): void {
    this.#file.write(this.#lines);
    this.#lines = '';
  }
}
