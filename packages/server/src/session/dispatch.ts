import { OPERATIONS, type OperationName } from '@parley/protocol';
import type { CommandContext } from '../commands/handler.ts';
import { type CommandPorts, isOperation, runCommand } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import type { Envelope } from './envelope.ts';
import { readEnvelope } from './envelope.ts';
import { errorFrameOf } from './error-frame.ts';
import type { Greeter } from './greeter.ts';
import type { Session } from './session.ts';

/** Frames that cannot be read before the socket is closed: a client with a bug is told, an attacker is not entertained. */
const MAX_MALFORMED = 10;
/** Commands of one socket that may wait for their answer; above it the socket is not read, so TCP slows its sender. */
const MAX_PENDING = 256;

export interface DispatchPorts extends CommandPorts {
  readonly greeter: Greeter;
  /** What a client is told of anything thrown, the same as at the other door. */
  readonly toldError: (error: unknown) => AppError;
  pong(session: Session): object;
  onFault(error: unknown, session: Session, name: string): void;
  onAnswer?(name: string, code: string): void;
}

/** Turns frames of one socket into commands, and whatever they throw into error frames: the one place where that happens. */
export class Dispatch {
  readonly #ports: DispatchPorts;

  constructor(ports: DispatchPorts) {
    this.#ports = ports;
  }

  /** Takes one text frame. Never throws: a fault ends this command, at worst this socket. */
  frame(session: Session, text: string): void {
    if (!session.isOpen) return;
    const envelope = readEnvelope(text);
    if (session.state !== 'ready') return this.#beforeReady(session, envelope);
    switch (envelope.kind) {
      case 'command':
        return this.#command(session, envelope.name, envelope.ref, envelope.input);
      case 'ping':
        return session.send(this.#ports.pong(session));
      case 'malformed':
        return this.#malformed(session, envelope.ref, envelope.why);
      default:
        return this.#malformed(session, null, `${envelope.kind} is said once, at the start`);
    }
  }

  #beforeReady(session: Session, envelope: Envelope): void {
    if (envelope.kind === 'hello' || envelope.kind === 'resume') {
      void this.#ports.greeter.greet(session, envelope.kind, envelope.frame).catch((error: unknown) => {
        this.#ports.onFault(error, session, 'hello');
        session.end('fault');
      });
    } else session.end('protocol', 'say hello first');
  }

  #malformed(session: Session, ref: number | null, why: string): void {
    session.malformed += 1;
    session.send(errorFrameOf(ref, new AppError('bad_request', `unable to read the frame; ${why}`)));
    if (session.malformed >= MAX_MALFORMED) session.end('protocol', 'too many malformed frames');
  }

  #command(session: Session, name: string, ref: number, input: unknown): void {
    if (!isOperation(name) || OPERATIONS[name].door === 'rest') {
      this.#fail(
        session,
        'unknown',
        ref,
        new AppError('unknown_command', 'unable to run the command; there is none of this name'),
      );
      return;
    }
    const waits = name === 'message.send' && session.sendTail !== null;
    this.#answer(session, name, ref, waits ? this.#sendInTurn(session, input) : this.#run(session, name, input));
  }

  /** Runs a command; a throw becomes a rejection, so that there is one way to fail. */
  #run(session: Session, name: OperationName, input: unknown): unknown {
    try {
      return runCommand(this.#ports, name, input, this.#contextOf(session));
    } catch (error) {
      return error instanceof AppError ? error : Promise.reject(error);
    }
  }

  #answer(session: Session, name: OperationName, ref: number, result: unknown): void {
    if (result instanceof AppError) return this.#fail(session, name, ref, result);
    if (!(result instanceof Promise)) return this.#succeed(session, name, ref, result);
    this.#took(session);
    result.then(
      (output: unknown) => {
        this.#gave(session);
        if (output instanceof AppError) this.#fail(session, name, ref, output);
        else this.#succeed(session, name, ref, output);
      },
      (error: unknown) => {
        this.#gave(session);
        this.#fail(session, name, ref, error);
      },
    );
  }

  /** An earlier send of this socket still waits for its permission: this one takes its turn after it. */
  async #sendInTurn(session: Session, input: unknown): Promise<unknown> {
    while (session.sendTail !== null) await session.sendTail;
    return this.#run(session, 'message.send', input);
  }

  #took(session: Session): void {
    session.pending += 1;
    if (session.pending === MAX_PENDING) session.pauseReading();
  }

  #gave(session: Session): void {
    session.pending -= 1;
    if (session.pending === MAX_PENDING - 1 && session.isOpen) session.resumeReading();
  }

  #succeed(session: Session, name: string, ref: number, output: unknown): void {
    this.#ports.onAnswer?.(name, 'ok');
    session.send({ t: 'ok', ref, d: output });
  }

  #fail(session: Session, name: string, ref: number, error: unknown): void {
    const told = this.#ports.toldError(error);
    if (!(error instanceof AppError)) this.#ports.onFault(error, session, name);
    this.#ports.onAnswer?.(name, told.code);
    session.send(errorFrameOf(ref, told));
  }

  #contextOf(session: Session): CommandContext {
    if (session.actor === null) throw new Error('a ready session has an actor');
    return { actor: session.actor, subscriber: session };
  }
}
