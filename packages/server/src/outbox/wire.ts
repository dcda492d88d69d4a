/** What an outbox needs of a socket: a `net.Socket` (the `_socket` of a `ws` WebSocket) fits. */
export interface Wire {
  write(data: Buffer): boolean;
  readonly writableLength: number;
  readonly destroyed: boolean;
}

/** How bytes get into a wire, and how many wait there. */
export interface Writer {
  /** Hands all of `data` to the wire, which may keep what the kernel does not take. */
  write(wire: Wire, data: Buffer): void;
  /** Bytes handed to the wire that the kernel has not taken yet. */
  unsentBytes(wire: Wire): number;
}

/** Writes by the wire's own `write`, and works everywhere. */
export const plainWriter: Writer = {
  write: (wire, data) => {
    wire.write(data);
  },
  unsentBytes: (wire) => wire.writableLength,
};
