/** What an outbox needs of a socket: a `net.Socket` (the `_socket` of a `ws` WebSocket) fits. */
export interface Wire {
  write(data: Buffer): boolean;
  readonly writableLength: number;
  readonly destroyed: boolean;
}
