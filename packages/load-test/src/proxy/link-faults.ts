/** Which way bytes go: `up` from whoever connected to the server behind the proxy, `down` back. */
export type Direction = 'up' | 'down';

/** What is wrong with a link at the moment. Everything may be combined; an empty object is a link without faults. */
export interface LinkFaults {
  /** Every piece comes this much later, in each direction. */
  readonly latencyMs?: number;
  /** Up to this much later still, drawn anew for each piece; the order stays, as TCP keeps it. */
  readonly jitterMs?: number;
  /** Bytes per second and direction of each connection. */
  readonly bytesPerSecond?: number;
  /** Pieces of at most this many bytes, each written by itself. */
  readonly sliceBytes?: number;
  /** Nothing passes in these directions until the link is healed, and then everything does: a route that was away. */
  readonly stall?: readonly Direction[];
  /**
   * What goes in these directions is lost, though it seems sent. `['down']` loses the answers only: the server does what it is
   * told and nobody learns of it. A connection that lost something is reset when the link heals, because a stream cannot go on.
   */
  readonly swallow?: readonly Direction[];
  /** The chance of a piece that one bit of it is turned. Checksums of the network would catch that: it tests parsers. */
  readonly corrupt?: number;
  /** A connection is reset when it has passed this many bytes since the fault began, both directions together: in the middle of a frame. */
  readonly resetAfterBytes?: number;
  /** New connections are reset. */
  readonly refuse?: boolean;
}
