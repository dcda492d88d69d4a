import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody who is told: counts what comes, and answers as the test says. */
export class WebhookReceiver {
  readonly heard: Heard[] = [];
  status = 200;
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      this.heard.push({ headers: request.headers, body });
      response.writeHead(this.status).end();
    });
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => void this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/told`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get texts(): string[] {
    return this.heard.map(
      ({ body }) => (JSON.parse(body) as { data: { message: { body: string } } }).data.message.body,
    );
  }
}
