/** What Redis answers, as RESP2 has it. */
export type Reply = null | number | string | RedisError | readonly Reply[];

/** An error reply; its first word is the code. */
export class RedisError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ErrorReply';
  }
}

export const OK = 'OK';

export function wrongType(): RedisError {
  return new RedisError('WRONGTYPE Operation against a key holding the wrong kind of value');
}

export function notInteger(): RedisError {
  return new RedisError('ERR value is not an integer or out of range');
}
