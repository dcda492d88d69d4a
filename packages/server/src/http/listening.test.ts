import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listening } from './listening.ts';

function listenOn(host: string, port: number): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return listening({ host, port, setting: 'PORT' }, async () => {
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  });
}

test('a port that is taken, or an address that is not ours, is told with what to do', async () => {
  const port = await listenOn('127.0.0.1', 0);
  await expect(listenOn('127.0.0.1', port)).rejects.toMatchObject({
    name: 'StartError',
    code: 'port_in_use',
    message: `unable to listen on 127.0.0.1:${port}; another program does`,
    hint: expect.stringContaining('PORT'),
  });
  await expect(listenOn('192.0.2.1', port)).rejects.toMatchObject({ name: 'StartError', code: 'listen_refused' });
});

test('another fault of the start stays what it is', async () => {
  const fault = new Error('a plugin is wrong');
  await expect(listening({ host: '127.0.0.1', port: 0, setting: 'PORT' }, () => Promise.reject(fault))).rejects.toBe(
    fault,
  );
});
