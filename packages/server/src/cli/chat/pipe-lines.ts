import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type ChatClient, ParleyError, type PendingSend } from '@parley/client';
import { Directory } from './directory.ts';

/** Lines in flight before reading waits: a long file must not fill the outbox. */
const MAX_WAITING = 100;

/** Sends each line of the input to a channel, and returns when all are acknowledged: how many were not. */
export async function pipeLines(client: ChatClient, channelName: string, input: Readable): Promise<number> {
  await client.connect();
  const channelId = await new Directory(client).findOrJoin(channelName);
  if (channelId === null) {
    throw new ParleyError('not_found', `unable to send; there is no channel ${channelName} that you could join`);
  }
  const channel = client.channel(channelId);
  let failures = 0;
  const waiting = new Set<PendingSend>();
  const follow = (pending: PendingSend): void => {
    waiting.add(pending);
    pending.then(
      () => waiting.delete(pending),
      (error: ParleyError) => {
        waiting.delete(pending);
        // It would be tried again by the next run, long after the pipe is gone.
        pending.discard();
        failures += 1;
        process.stderr.write(`not sent: ${error.message}\n`);
      },
    );
  };
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    follow(channel.send(line));
    if (waiting.size >= MAX_WAITING) await Promise.race([...waiting].map((pending) => pending.catch(() => {})));
  }
  await Promise.allSettled([...waiting]);
  return failures;
}
