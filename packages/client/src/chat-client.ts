import type { AttachmentView, ChannelId, RequestOf, UserId, UserView } from '@parley/protocol';
import type { Channel } from './channel.ts';
import type { ChannelSummary } from './channel-state.ts';
import type { ConnectionChange } from './connection.ts';
import { Core } from './core.ts';
import { ParleyError } from './errors.ts';
import type { ClientEvents } from './events.ts';
import type { DownloadOptions, FileOptions, UploadOptions } from './files.ts';
import { MessageStream, type MessageStreamOptions } from './message-stream.ts';
import type { ClientOptions } from './options.ts';
import type { Presence } from './presence.ts';
import type { Call } from './request.ts';
import type { Flags } from './session.ts';
import type { Store } from './store.ts';
import type { Users } from './users.ts';

/** Makes a client for one user of one server. It does nothing until `connect`. */
export function createClient(options: ClientOptions): ChatClient {
  return new ChatClient(options);
}

/** One user's view of one server: kept in step with it, through lost connections, until it is closed. */
export class ChatClient {
  /** Where the connection stands. */
  readonly connection: Store<ConnectionChange>;
  /** The user; null until the first connect. */
  readonly me: Store<UserView | null>;
  /** The user's feature flags. */
  readonly flags: Store<Flags>;
  /** The user's channels and direct conversations, with what is unread. */
  readonly channels: Store<readonly ChannelSummary[]>;
  /** The threads that the user follows. */
  readonly threads: Store<readonly ChannelSummary[]>;
  /** Asks for any operation of the protocol. */
  readonly call: Call;
  /** Names of people, fetched once and kept up to date. */
  readonly users: Pick<Users, 'peek' | 'of' | 'get'>;
  /** Where people are, for those who are watched. */
  readonly presence: Pick<Presence, 'of' | 'watch' | 'set'>;
  readonly #core: Core;

  constructor(options: ClientOptions) {
    const core = new Core(options);
    this.#core = core;
    this.connection = core.changeView;
    this.me = core.meView;
    this.flags = core.flagsView;
    this.channels = core.channelsView;
    this.threads = core.threadsView;
    this.call = core.call;
    this.users = core.users;
    this.presence = core.presence;
  }

  /**
   * Connects, and keeps connected. Resolves with the user when everything is here; rejects when it cannot ever work. Called while
   * the client waits to try again, it makes it try at once.
   */
  connect(): Promise<UserView> {
    const { connection, session, isClosed } = this.#core;
    if (isClosed) return Promise.reject(new ParleyError('closed', 'unable to connect; the client is closed'));
    connection.start();
    return new Promise((resolve, reject) => {
      const isSettled = (): boolean => {
        const { current, error } = connection.change;
        if (current === 'online' && session.user !== null) resolve(session.user);
        else if (current === 'failed' || current === 'closed') {
          reject(error ?? new ParleyError('closed', 'unable to connect; the client is closed'));
        } else return false;
        return true;
      };
      if (isSettled()) return;
      const stop = this.on('connection', () => {
        if (isSettled()) stop();
      });
    });
  }

  /** Ends the connection, every subscription and every call. A closed client stays closed; what is unsent stays in the storage. */
  close(): void {
    if (!this.#core.isClosed) this.#core.close();
  }

  /** Calls `listener` at each event of this name; returns what ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    return this.#core.isClosed ? () => {} : this.#core.events.on(name, listener);
  }

  /** The channel, direct conversation or thread with this id; the same object each time. */
  channel(channelId: ChannelId): Channel {
    return this.#core.open(channelId);
  }

  /** Every message of others from now on, and what the user has not read before; for bots. Ends with `break`, a signal or `close`. */
  messages(options: MessageStreamOptions = {}): MessageStream {
    const { runtime, streams, connection, isClosed } = this.#core;
    const stream = new MessageStream(runtime, this.#core, options, (ended) => streams.delete(ended));
    if (isClosed) stream.end();
    else if (!stream.isOver) streams.add(stream);
    if (connection.state === 'online') stream.synced();
    return stream;
  }

  /** Makes a channel and gives it. */
  async createChannel(input: RequestOf<'channel.create'>): Promise<Channel> {
    return this.#core.takeJoined(await this.call('channel.create', input));
  }

  /** Opens the direct conversation with these users; the same people always get the same one. */
  async openDirect(userIds: readonly UserId[]): Promise<Channel> {
    return this.#core.takeJoined(await this.call('channel.direct', { userIds: [...userIds] }));
  }

  /** Joins the channel of an invitation. */
  async acceptInvitation(code: string): Promise<Channel> {
    return this.#core.takeJoined(await this.call('invitation.accept', { code }));
  }

  /**
   * Uploads a file; the id of what it gives goes into `attachments` of a message. Tries again by itself, without storing anything
   * twice, for a minute or two; rejects with a `ParleyError`, such as `too_large` or `aborted`.
   */
  upload(file: Blob | ArrayBuffer | Uint8Array<ArrayBuffer>, options: UploadOptions = {}): Promise<AttachmentView> {
    return this.#core.files.upload(file, options);
  }

  /** The bytes of an attachment, for as long as the user may read its message. */
  download(attachmentId: string, options: DownloadOptions = {}): Promise<Blob> {
    return this.#core.files.download(attachmentId, options);
  }

  /** An address of an attachment for `<img>`, `<audio>` and links, which needs no token and works for some minutes. */
  fileUrl(attachmentId: string, options: FileOptions = {}): Promise<string> {
    return this.#core.files.urlOf(attachmentId, options);
  }

  /** Resolves when no message waits to be sent any more; failed ones do not count. */
  drained(): Promise<void> {
    return this.#core.sender.drained();
  }

  /** Milliseconds since 1970 by the server's clock: what its times are to be compared with. */
  serverNow(): number {
    return this.#core.serverNow();
  }
}
