import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { decodeFrames } from '../../test/fake-wire.ts';
import { PairServer, readBytes, type SocketPair } from '../../test/socket-pair.ts';
import { plainWire } from './find-wire.ts';
import { encodeFrame } from './frame.ts';
import { Flusher, type Outbox } from './outbox.ts';
import { findBinding, RawWires } from './raw-wire.ts';

const raw = new RawWires(findBinding() as NonNullable<ReturnType<typeof findBinding>>);

describe.each([
  ['by the stream of the socket', plainWire],
  ['by the handle below it', (socket: Socket) => raw.of(socket)],
])('on real sockets, %s', (_, wireOf) => {
  describe('with one of 101 that does not read', () => {
    let server: PairServer;

    beforeEach(async () => {
      server = await PairServer.start();
    });

    afterEach(async () => {
      await server.stop();
    });

    it('cuts that one, and the others get everything in order', async () => {
      const pairs: SocketPair[] = [];
      for (let i = 0; i < 101; i++) pairs.push(await server.pair());
      const slow: Outbox[] = [];
      const flusher = new Flusher({ onSlow: (outbox) => slow.push(outbox), maxPendingBytes: 256 << 10 });
      const outboxes = pairs.map(({ near }) => flusher.createOutbox(wireOf(near)));
      const [stuck, reader, ...others] = pairs as [SocketPair, SocketPair, ...SocketPair[]];
      stuck.far.pause();

      // Small frames to all, large ones to the stuck socket and one that reads: more than any kernel keeps.
      const small = Array.from({ length: 150 }, (_, i) => `small ${i}`);
      const large = small.map((text) => text.replace('small', 'large').padEnd(64 << 10, 'x'));
      const both = small.flatMap((text, i) => [text, large[i] ?? '']);
      const count = (texts: string[]): number => texts.reduce((sum, text) => sum + encodeFrame(text).bytes.length, 0);
      const received = Promise.all(others.map(({ far }) => readBytes(far, count(small))));
      const receivedBoth = readBytes(reader.far, count(both));
      for (const [i, text] of small.entries()) {
        flusher.broadcast(outboxes, encodeFrame(text));
        flusher.broadcast(outboxes.slice(0, 2), encodeFrame(large[i] ?? ''));
        await vi.waitFor(() => expect(outboxes[1]?.pendingBytes).toBe(0), { interval: 1, timeout: 50_000 });
      }
      expect(decodeFrames(await receivedBoth)).toEqual(both);
      for (const bytes of await received) expect(decodeFrames(bytes)).toEqual(small);
      expect(slow).toEqual([outboxes[0]]);
      expect(flusher.stats()).toMatchObject({ slow: 1, dirty: 0, blocked: 0 });
    });
  });

  describe('under ws', () => {
    it('shares the socket with the frames that ws itself sends', async () => {
      const flusher = new Flusher({ onSlow: () => {} });
      const wss = new WebSocketServer({ noServer: true });
      const http = createServer();
      const outboxes: Outbox[] = [];
      const servers: WebSocket[] = [];
      http.on('upgrade', (request, socket, head) => {
        wss.handleUpgrade(request, socket, head, (ws) => {
          servers.push(ws);
          outboxes.push(flusher.createOutbox(wireOf(socket as Socket)));
        });
      });
      http.listen(0, '127.0.0.1');
      await once(http, 'listening');
      const clients = Array.from(
        { length: 5 },
        () => new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`),
      );
      const got = clients.map((client) => {
        const texts: string[] = [];
        client.on('message', (data: Buffer) => texts.push(data.toString('utf8')));
        return texts;
      });
      await Promise.all(clients.map((client) => once(client, 'open')));
      await expect.poll(() => outboxes.length).toBe(5);

      const sent: string[] = [];
      for (let i = 0; i < 300; i++) {
        const text = `${i} `.padEnd((i * 997) % 70_000, '+');
        sent.push(text);
        flusher.broadcast(outboxes, encodeFrame(text));
        if (i % 5 === 0) for (const client of clients) client.ping('are you there?');
        if (i % 7 === 0) for (const ws of servers) ws.ping();
        if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await vi.waitFor(() => expect(got.map((texts) => texts.length)).toEqual([300, 300, 300, 300, 300]), {
        timeout: 50_000,
      });
      for (const texts of got) expect(texts).toEqual(sent);

      const codes = clients.map(async (client) => (await once(client, 'close'))[0]);
      for (const [i, ws] of servers.entries()) {
        outboxes[i]?.push(encodeFrame('bye'));
        outboxes[i]?.flush();
        outboxes[i]?.close();
        ws.close(4001);
      }
      expect(await Promise.all(codes)).toEqual([4001, 4001, 4001, 4001, 4001]);
      for (const texts of got) expect(texts.at(-1)).toBe('bye');
      http.close();
    });
  });
});
