import { createHash } from 'node:crypto';
import { argument, integer, Keyspace } from './keyspace.ts';
import { PLAIN_COMMANDS } from './plain-commands.ts';
import { OK, RedisError, type Reply } from './reply.ts';
import { Scripting } from './scripting.ts';
import { STREAM_COMMANDS } from './stream-commands.ts';

const COMMANDS = { ...PLAIN_COMMANDS, ...STREAM_COMMANDS };
/** Scripts are the same in all worlds, and compiling them is the costly part. */
const scripting = new Scripting();

/** The data of a Redis as far as the product uses it, and what its commands do. Nothing here knows of connections. */
export class RedisModel {
  readonly #keys: Keyspace;
  readonly #scripts = new Map<string, string>();

  /** `now`: milliseconds on the server's clock, with fractions. */
  constructor(now: () => number) {
    this.#keys = new Keyspace(now);
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Runs one command. Errors are replies. */
  execute(command: readonly string[]): Reply {
    const [name = '', ...args] = command;
    try {
      switch (name.toUpperCase()) {
        case 'EVAL':
          return this.#eval(argument(args, 0), args.slice(1));
        case 'EVALSHA':
          return this.#eval(this.#known(argument(args, 0)), args.slice(1));
        case 'FLUSHALL':
          this.#keys.clear();
          return OK;
        default:
          return this.#plain(name, args);
      }
    } catch (error) {
      if (error instanceof RedisError) return error;
      throw error;
    }
  }

  /** The process begins anew, with nothing. */
  restart(): void {
    this.#keys.clear();
    this.#scripts.clear();
  }

  #plain(name: string, args: readonly string[]): Reply {
    const command = COMMANDS[name.toUpperCase()];
    if (command === undefined) throw new Error(`the model of Redis does not know ${name}`);
    return command(this.#keys, args);
  }

  #known(sha: string): string {
    const text = this.#scripts.get(sha.toLowerCase());
    if (text === undefined) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.');
    return text;
  }

  #eval(text: string, args: readonly string[]): Reply {
    this.#scripts.set(createHash('sha1').update(text).digest('hex'), text);
    const count = integer(argument(args, 0));
    return scripting.run(text, args.slice(1, count + 1), args.slice(count + 1), (command) => this.execute(command));
  }
}
