import { WebSocket } from 'ws';

/** Messages come in turns of their own, so that a log can tell what follows from which. */
export class PatientWebSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { allowSynchronousEvents: false, perMessageDeflate: false, handshakeTimeout: 5_000 });
  }
}
