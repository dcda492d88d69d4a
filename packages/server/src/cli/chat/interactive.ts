import { type ChatClient, ParleyError } from '@parley/client';
import { ChatRoom } from './chat-room.ts';
import { type CommandScene, runCommand, UsageError } from './commands.ts';
import { complete } from './completion.ts';
import { Directory } from './directory.ts';
import { makePaint } from './paint.ts';
import { Terminal, type TerminalStreams } from './terminal.ts';

export interface InteractiveOptions extends TerminalStreams {
  readonly isColoured: boolean;
  /** The channel to begin in. */
  readonly channel: string | undefined;
}

/** Chats with the person at the terminal until they leave. */
export async function chatInteractively(client: ChatClient, options: InteractiveOptions): Promise<void> {
  const paint = makePaint(options.isColoured);
  const directory = new Directory(client);
  const { promise: left, resolve: quit } = withResolvers();
  const terminal = new Terminal({
    input: options.input,
    output: options.output,
    complete: (line) => complete(line, directory),
    onLine: (line) => void takeLine(scene, line),
    onKey: (line) => {
      if (!line.startsWith('/')) room.channel?.setTyping();
    },
    onEnd: quit,
  });
  const room = new ChatRoom({ client, directory, terminal, paint });
  const scene: CommandScene = { client, room, directory, paint, print: (text) => terminal.print(text), quit };
  const connected = client.connect();
  connected.then(
    (user) => terminal.print(paint('dim', `— you are ${user.displayName}; /help lists commands`)),
    () => quit(),
  );
  connected.then(() => openFirst(scene, options.channel)).catch((error: unknown) => tell(scene, error));
  await left;
  room.close();
  terminal.close();
  await connected;
}

async function openFirst({ client, room, directory }: CommandScene, name: string | undefined): Promise<void> {
  if (name !== undefined) {
    const channelId = await directory.findOrJoin(name);
    if (channelId === null) throw new UsageError(`there is no channel ${name} that you could join`);
    return room.open(channelId);
  }
  const mine = client.channels.getSnapshot();
  const general = directory.findChannel('general') ?? mine.find(({ unread }) => unread > 0) ?? mine[0];
  if (general !== undefined) await room.open(general.id);
}

async function takeLine(scene: CommandScene, line: string): Promise<void> {
  const text = line.trimEnd();
  try {
    if (text === '') return;
    if (text.startsWith('/') && !text.startsWith('//')) return await runCommand(scene, text);
    if (scene.room.channel === null) throw new UsageError('no channel is open; /join one');
    void scene.room.channel.send(text.replace(/^\/\//, '/'));
  } catch (error) {
    tell(scene, error);
  }
}

function tell({ print, paint }: CommandScene, error: unknown): void {
  if (error instanceof ParleyError && error.code === 'closed') return;
  print(paint('red', `— ${error instanceof Error ? error.message : String(error)}`));
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
