import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { ChatClient, ClientEvents } from '@parley/client';
import { Directory } from './directory.ts';

const EVENTS = [
  'connection',
  'message',
  'messageChanged',
  'outgoing',
  'channelJoined',
  'channelLeft',
  'channelChanged',
  'channelSynced',
  'members',
  'receipts',
  'typing',
  'presence',
] as const satisfies readonly (keyof ClientEvents)[];

/** Prints every event as one line of JSON until `signal` fires; lines of the input are sent to the channel, if one is named. */
export async function printEvents(
  client: ChatClient,
  options: { channel: string | undefined; input: Readable | null; output: Writable; signal: AbortSignal },
): Promise<void> {
  const ends = EVENTS.map((event) =>
    client.on(event, (data: unknown) => options.output.write(`${JSON.stringify({ event, data })}\n`)),
  );
  await client.connect();
  if (options.channel !== undefined) {
    const channelId = await new Directory(client).findOrJoin(options.channel);
    if (channelId === null) throw new Error(`unable to open ${options.channel}; there is no such channel`);
    if (options.input !== null) {
      const lines = createInterface({ input: options.input });
      lines.on('line', (line) => void (line.trim() !== '' && client.channel(channelId).send(line)));
      // An open input would keep the process alive.
      ends.push(() => lines.close());
    }
  }
  await new Promise<void>((resolve) => {
    if (options.signal.aborted) resolve();
    else options.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  for (const end of ends) end();
}
