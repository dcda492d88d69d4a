/** Why a token is asked for: at the first connect, at a later one, or because the server refused the last one. */
export interface TokenContext {
  readonly reason: 'connect' | 'reconnect' | 'refused';
}

/** A session token, API key or JWT, or a function that gets a fresh one each time the client connects. */
export type TokenSource = string | ((context: TokenContext) => string | Promise<string>);

/** Gets tokens from their source, and keeps the last one for what goes beside the socket. */
export class Tokens {
  readonly #source: TokenSource;
  #last: string | null = null;

  constructor(source: TokenSource) {
    this.#source = source;
  }

  /** Whether asking again may give another one. */
  get canRenew(): boolean {
    return typeof this.#source === 'function';
  }

  async get(reason: TokenContext['reason']): Promise<string> {
    const token = typeof this.#source === 'string' ? this.#source : await this.#source({ reason });
    this.#last = token;
    return token;
  }

  /** The last one, which is that of the socket; the first one when there was none yet. */
  async current(): Promise<string> {
    return this.#last ?? this.get('connect');
  }
}
