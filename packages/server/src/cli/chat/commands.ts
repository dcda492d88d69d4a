import type { Channel, ChatClient, ChatMessage } from '@parley/client';
import type { ChatRoom } from './chat-room.ts';
import type { Directory } from './directory.ts';
import { type Paint, printable } from './paint.ts';

/** What a command works with. */
export interface CommandScene {
  readonly client: ChatClient;
  readonly room: ChatRoom;
  readonly directory: Directory;
  readonly paint: Paint;
  readonly print: (text: string) => void;
  readonly quit: () => void;
}

/** One command of the terminal. */
export interface SlashCommand {
  readonly usage: string;
  readonly help: string;
  /** What its argument is completed from. */
  readonly completes?: 'channels' | 'users' | readonly string[];
  run(scene: CommandScene, argument: string): Promise<void> | void;
}

/** A mistake of the person at the terminal, to be told as it is. */
export class UsageError extends Error {}

/** Wide enough for the longest, so that the help fits 80 columns. */
const USAGE_WIDTH = 32;

const STATES = ['online', 'away', 'invisible', 'dnd'] as const;

/** All commands by name. */
export const COMMANDS: Readonly<Record<string, SlashCommand>> = {
  help: { usage: '/help', help: 'what can be typed here', run: (scene) => printHelp(scene) },
  channels: { usage: '/channels', help: 'your channels, and what is unread', run: listChannels },
  join: { usage: '/join <channel>', help: 'open a channel, or join it', completes: 'channels', run: join },
  create: { usage: '/create <name> [private]', help: 'make a channel', run: create },
  dm: { usage: '/dm <user> [<user> …]', help: 'talk to people directly', completes: 'users', run: direct },
  who: { usage: '/who', help: 'who is in the channel', run: who },
  invite: { usage: '/invite <user> [<user> …]', help: 'add people to the channel', completes: 'users', run: invite },
  leave: { usage: '/leave', help: 'leave the channel', run: leave },
  history: { usage: '/history [<count>]', help: 'earlier messages', run: history },
  reply: { usage: '/reply <number> <text>', help: 'answer to a message', run: reply },
  edit: { usage: '/edit [<number>] <text>', help: 'change your last message, or another', run: edit },
  delete: { usage: '/delete [<number>]', help: 'delete your last message, or another', run: remove },
  react: { usage: '/react [<number>] <emoji>', help: 'react to the last message, or another', run: react },
  retry: { usage: '/retry', help: 'try again what was not sent', run: (scene) => retryAll(scene) },
  discard: { usage: '/discard', help: 'take back what was not sent', run: (scene) => discardAll(scene) },
  status: {
    usage: '/status <state> [<text>]',
    help: 'online, away, invisible or dnd, and why',
    completes: STATES,
    run: status,
  },
  quit: { usage: '/quit', help: 'leave the program', run: (scene) => scene.quit() },
};

/** Runs a typed line that begins with a slash. */
export async function runCommand(scene: CommandScene, line: string): Promise<void> {
  const [, name = '', argument = ''] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw new UsageError(`there is no command /${name}; /help lists them`);
  await command.run(scene, argument.trim());
}

function printHelp({ print, paint }: CommandScene): void {
  for (const { usage, help } of Object.values(COMMANDS)) print(`  ${usage.padEnd(USAGE_WIDTH)} ${paint('dim', help)}`);
  print(paint('dim', '  Numbers are those before the messages; // sends a line that begins with a slash.'));
}

async function listChannels({ client, directory, print, paint }: CommandScene): Promise<void> {
  const mine = client.channels.getSnapshot();
  if (mine.length === 0) print(paint('dim', '  none yet; /join or /create one'));
  for (const summary of mine) {
    const title = await directory.titleOf(summary);
    const mentions = summary.mentions > 0 ? `, ${summary.mentions} for you` : '';
    const unread = summary.unread > 0 ? paint('yellow', `${summary.unread} unread${mentions}`) : paint('dim', 'read');
    print(`  ${title.padEnd(30)} ${unread}`);
  }
}

async function join({ room, directory }: CommandScene, name: string): Promise<void> {
  if (name === '') throw new UsageError('which channel? /join <channel>');
  const channelId = await directory.findOrJoin(name);
  if (channelId === null) throw new UsageError(`there is no channel ${name} that you could join`);
  await room.open(channelId);
}

async function create({ client, room }: CommandScene, argument: string): Promise<void> {
  const [name = '', kind] = argument.replace(/^#/, '').split(/\s+/);
  if (name === '') throw new UsageError('which name? /create <name> [private]');
  const channel = await client.createChannel({ kind: kind === 'private' ? 'private' : 'public', name });
  await room.open(channel.id);
}

async function direct(scene: CommandScene, argument: string): Promise<void> {
  const users = await findUsers(scene, argument);
  const channel = await scene.client.openDirect(users);
  await scene.room.open(channel.id);
}

async function invite(scene: CommandScene, argument: string): Promise<void> {
  await openChannel(scene).invite(await findUsers(scene, argument));
}

async function findUsers({ directory }: CommandScene, argument: string) {
  const names = argument.split(/[\s,]+/).filter((name) => name !== '');
  if (names.length === 0) throw new UsageError('whom? give a user name');
  const users = await Promise.all(names.map((name) => directory.findUser(name)));
  const unknown = names.filter((_, index) => users[index] === null);
  if (unknown.length > 0) throw new UsageError(`there is nobody called ${unknown.join(', ')}`);
  return users.flatMap((user) => user?.id ?? []);
}

async function who(scene: CommandScene): Promise<void> {
  const { client, directory, print, paint } = scene;
  const { members, memberCount } = await client.call('member.list', { channelId: openChannel(scene).id, limit: 200 });
  const ids = members.map(({ userId }) => userId);
  const { presence } = await client.call('presence.get', { userIds: ids });
  const states = new Map(presence.map(({ userId, status: state }) => [userId, state]));
  for (const { userId, role } of members) {
    const state = states.get(userId) ?? 'offline';
    const mark = state === 'online' ? paint('green', '●') : state === 'away' ? paint('yellow', '◐') : paint('dim', '○');
    print(`  ${mark} ${await directory.nameOf(userId)}${role === 'member' ? '' : paint('dim', ` (${role})`)}`);
  }
  if (memberCount > members.length) print(paint('dim', `  and ${memberCount - members.length} more`));
}

async function leave(scene: CommandScene): Promise<void> {
  await openChannel(scene).leave();
}

async function history(scene: CommandScene, argument: string): Promise<void> {
  openChannel(scene);
  await scene.room.history(argument === '' ? 30 : wholeNumber(argument));
}

function reply(scene: CommandScene, argument: string): void {
  const { number, rest } = numbered(argument);
  if (number === null || rest === '') throw new UsageError('to which message? /reply <number> <text>');
  void openChannel(scene).send(rest, { replyTo: target(scene, number).seq });
}

async function edit(scene: CommandScene, argument: string): Promise<void> {
  const { number, rest } = numbered(argument);
  if (rest === '') throw new UsageError('to what? /edit [<number>] <text>');
  await openChannel(scene).edit(target(scene, number).id, rest);
}

async function remove(scene: CommandScene, argument: string): Promise<void> {
  await openChannel(scene).delete(target(scene, argument === '' ? null : wholeNumber(argument)).id);
}

async function react(scene: CommandScene, argument: string): Promise<void> {
  const { number, rest } = numbered(argument);
  const last = openChannel(scene)
    .messages.getSnapshot()
    .items.findLast((item) => item.seq > 0);
  const message = number === null ? last : target(scene, number);
  if (message === undefined || rest === '') throw new UsageError('with what? /react [<number>] <emoji>');
  await openChannel(scene).react(message.id, rest);
}

function retryAll(scene: CommandScene): void {
  for (const { id } of failed(scene)) void openChannel(scene).retry(id);
}

function discardAll(scene: CommandScene): void {
  for (const { id } of failed(scene)) openChannel(scene).discard(id);
}

function failed(scene: CommandScene): ChatMessage[] {
  return openChannel(scene)
    .messages.getSnapshot()
    .items.filter((item) => item.status === 'failed');
}

async function status({ client, print, paint }: CommandScene, argument: string): Promise<void> {
  const [word = '', ...text] = argument.split(/\s+/);
  const state = STATES.find((one) => one === word);
  if (state === undefined) throw new UsageError(`which? /status <${STATES.join('|')}> [<text>]`);
  const isBusy = state === 'dnd';
  await client.presence.set({
    ...(isBusy ? { doNotDisturb: true } : { status: state, doNotDisturb: false }),
    ...(text.length === 0 ? {} : { statusText: text.join(' ') }),
  });
  print(paint('dim', `— you are ${isBusy ? 'not to be disturbed' : state} now ${printable(text.join(' '))}`.trimEnd()));
}

function openChannel({ room }: CommandScene): Channel {
  if (room.channel === null) throw new UsageError('no channel is open; /join one');
  return room.channel;
}

function target({ room }: CommandScene, number: number | null): ChatMessage {
  const message = room.find(number);
  if (message === null)
    throw new UsageError(
      number === null ? 'you wrote nothing here yet' : `message ${number} is not loaded; /history shows more`,
    );
  return message;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${printable(text)} is not a whole number from 1`);
  return value;
}

/** Splits off a number at the beginning, if the first word is one. */
function numbered(argument: string): { number: number | null; rest: string } {
  const match = /^(\d{1,15})\s+([\s\S]*)$/.exec(argument);
  if (match !== null) return { number: Number(match[1]), rest: match[2] ?? '' };
  return { number: null, rest: argument };
}
