import type { WebSocketClass, WebSocketLike } from '@parley/client';

/** What is told of a client's sockets, in the order in which the client lives it. */
export interface SocketHooks {
  /** The server's address for the next socket, such as `http://127.0.0.1:8080`: a balancer may pick another node each time. */
  pickUrl(): string;
  /** A frame leaves. */
  onUp(text: string): void;
  /** A frame is about to be given to the client. */
  onDown(text: string): void;
  /** The client has taken the frame, with everything that follows from it. */
  onTaken: () => void;
  /** The socket is over for the client. */
  onClose(code: number): void;
}

type Listener = (event: { data: unknown; code: number; reason: string }) => void;

interface Inner extends WebSocketLike {
  addEventListener(type: string, listener: Listener): void;
  terminate?(): void;
}

/**
 * A WebSocket class that tells what passes. `Base` must give its messages in turns of their own, else two of them
 * cannot be told apart: in `ws`, `allowSynchronousEvents: false`.
 */
export function loggedSocketClass(Base: WebSocketClass, hooks: SocketHooks): WebSocketClass {
  return class LoggedSocket {
    readonly #inner: Inner;
    #isOver = false;

    constructor(url: string, protocols: string[]) {
      const { pathname } = new URL(url);
      this.#inner = new Base(`${hooks.pickUrl().replace(/^http/, 'ws')}${pathname}`, protocols) as Inner;
    }

    addEventListener(type: string, listener: Listener): void {
      this.#inner.addEventListener(type, (event) => {
        if (this.#isOver) return;
        if (type === 'message') this.#receive(event, listener);
        else if (type === 'close') this.#end(event.code, () => listener(event));
        else listener(event);
      });
    }

    send(text: string): void {
      hooks.onUp(text);
      this.#inner.send(text);
    }

    close(code?: number, reason?: string): void {
      this.#end(1000, () => this.#inner.close(code, reason));
    }

    terminate(): void {
      this.#end(1006, () => (this.#inner.terminate === undefined ? this.#inner.close() : this.#inner.terminate()));
    }

    #receive(event: Parameters<Listener>[0], listener: Listener): void {
      hooks.onDown(String(event.data));
      listener(event);
      setImmediate(hooks.onTaken);
    }

    #end(code: number, then: () => void): void {
      const isFirst = !this.#isOver;
      this.#isOver = true;
      if (isFirst) hooks.onClose(code);
      then();
    }
  };
}
