/** The wire version this code speaks; raised whenever a frame changes its meaning. */
export const PROTOCOL_VERSION = 1;

/** The oldest wire version a server still serves. */
export const OLDEST_PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol a client may offer; the server echoes it. */
export const SUBPROTOCOL = 'parley.v1.json';
