// An echo bot: `PARLEY_TOKEN=<API key of a bot> npx tsx examples/bot.ts`. Stop it, write to it, start it: it misses nothing.
import { createClient } from '@parley/client';
import { fileStorage } from '@parley/client/node';
import { WebSocket } from 'ws';

const client = createClient({
  url: process.env.PARLEY_URL ?? 'http://localhost:8080',
  token: process.env.PARLEY_TOKEN ?? '',
  storage: fileStorage(process.env.BOT_STATE ?? '.echo-bot'),
  WebSocket,
});
client.on('connection', ({ current, reason }) => console.log(`${current}: ${reason}`));
const me = await client.connect();
console.log(`${me.displayName} listens in ${client.channels.getSnapshot().length} channels`);

for await (const message of client.messages()) {
  if (message.kind !== 'text') continue;
  await client.channel(message.channelId).send(`You said: ${message.body}`, { replyTo: message.seq });
}
