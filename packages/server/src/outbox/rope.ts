import type { Frame } from './frame.ts';

const NO_FRAME: Frame = { bytes: Buffer.alloc(0), ephemeral: true };

/**
 * One pending history: the frames of `parent`, then `frame`. Sockets with the same pending frames point at the same
 * rope, so a broadcast moves pointers and a flush joins the bytes once. Links go backwards only, so a rope is garbage
 * as soon as no outbox points at it or past it.
 */
export class Rope {
  readonly parent: Rope | null;
  readonly frame: Frame;
  /** Bytes of the whole history, this frame included. */
  readonly bytes: number;
  /** Where a broadcast in progress sends the outboxes that stand here; null at all other times. */
  next: Rope | null = null;
  /** The bytes in one buffer, while several sockets may need them. */
  joined: Buffer | null = null;

  private constructor(parent: Rope | null, frame: Frame) {
    this.parent = parent;
    this.frame = frame;
    this.bytes = (parent === null ? 0 : parent.bytes) + frame.bytes.length;
  }

  /** The history in which nothing is pending: every clean outbox points at it. */
  static readonly empty = new Rope(null, NO_FRAME);

  /** This history followed by one more frame. */
  append(frame: Frame): Rope {
    return new Rope(this, frame);
  }

  /** All bytes in order in one new buffer; a single frame is not copied. */
  join(): Buffer {
    return this.parent === null || this.parent === Rope.empty ? this.frame.bytes : concat(this);
  }
}

/** Goes backwards from the last frame, up to the start or to an ancestor that another socket has joined already. */
function concat(last: Rope): Buffer {
  const joined = Buffer.allocUnsafe(last.bytes);
  let end = last.bytes;
  for (let rope: Rope | null = last; rope !== null; rope = rope.joined === null ? rope.parent : null) {
    const bytes: Buffer = rope.joined ?? rope.frame.bytes;
    end -= bytes.length;
    joined.set(bytes, end);
  }
  return joined;
}
