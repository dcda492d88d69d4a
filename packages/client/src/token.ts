/** Why a token is asked for: at the first connect, at a later one, or because the server refused the last one. */
export interface TokenContext {
  readonly reason: 'connect' | 'reconnect' | 'refused';
}

/** A session token, API key or JWT, or a function that gets a fresh one each time the client connects. */
export type TokenSource = string | ((context: TokenContext) => string | Promise<string>);
