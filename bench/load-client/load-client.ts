import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CLIENT_CORE,
  compile,
  coreBusySeconds,
  cpuSeconds,
  nodeCommand,
  SERVER_CORE,
  startProcess,
} from '../processes.ts';

/**
 * How to talk to a server: what each connection says and waits for after the upgrade, and what a sender sends.
 * In the texts `%m` becomes the marker with the send time (the server must pass it on unchanged), `%i` the index of the
 * connection, `%n` the number of the message, `%u` a new UUIDv7 and `%k` the connection's line of `keysFile`.
 */
export interface LoadScript {
  path: string;
  /** Path of the connections that send; the same as `path` if the server does not care. */
  senderPath?: string;
  headers?: string[];
  steps?: ({ say: string } | { wait: string })[];
  send: string;
  keysFile?: string;
}

/** How much, for how long. With `rate` (messages a second in all) the loop is open; else `inFlight` keeps it closed. */
export interface Load {
  subscribers: number;
  senders: number;
  inFlight?: number;
  rate?: number;
  warmupMs: number;
  durationMs: number;
}

/** What the client saw in the measured time. */
export interface LoadResult {
  /** Until all connections were ready. */
  connectMs: number;
  seconds: number;
  /** Messages sent, and those that the observers had not got at the end. */
  sent: number;
  unfinished: number;
  messageBytes: number;
  deliveriesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Share of a core that the client used; near 1 it is the client that was measured. */
  cpuShare: number;
  /** True when every subscriber got the same bytes, and all that was sent. */
  whole: boolean;
}

/** The same, with what the server's process and core did meanwhile. */
export interface MeasuredLoad extends LoadResult {
  serverCpuShare: number;
  /** Processor time of the server per delivery. */
  usPerDelivery: number;
  /** Share of the server's core that other processes took: a round with much of it says little. */
  othersShare: number;
}

let command: string[] | undefined;

/** The C client where there is a compiler, else the one in Node. */
function clientCommand(): string[] {
  const program = compile(fileURLToPath(new URL('client.c', import.meta.url)));
  command ??= program === undefined ? nodeCommand(fileURLToPath(new URL('client.ts', import.meta.url))) : [program];
  return command;
}

/** Which client measures here: `C` or `Node`. */
export function clientKind(): 'C' | 'Node' {
  return clientCommand().length === 1 ? 'C' : 'Node';
}

function buildArguments(port: number, script: LoadScript, load: Load): string[] {
  const { subscribers, senders, inFlight, rate, warmupMs, durationMs } = load;
  const optional = { 'sender-path': script.senderPath, keys: script.keysFile, 'in-flight': inFlight, rate };
  return [
    ...Object.entries({
      port,
      path: script.path,
      subscribers,
      senders,
      'warmup-ms': warmupMs,
      'duration-ms': durationMs,
    }),
    ...Object.entries(optional).filter(([, value]) => value !== undefined),
    ...(script.headers ?? []).map((header) => ['header', header]),
    ...(script.steps ?? []).flatMap((step) => Object.entries(step)),
    ['send', script.send],
  ].map(([name, value]) => `${name}=${value}`);
}

/** Runs one load against a server and measures both. */
export async function runLoad(serverPid: number, port: number, script: LoadScript, load: Load): Promise<MeasuredLoad> {
  const child = startProcess([...clientCommand(), ...buildArguments(port, script, load)], CLIENT_CORE);
  if (child.stdout === null) throw new Error('unable to start the load client');
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const sample = (): { server: number; core: number } => ({
    server: cpuSeconds(serverPid),
    core: coreBusySeconds(SERVER_CORE),
  });
  let begin = sample();
  let end = begin;
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'begin') begin = sample();
    else if (line === 'end') end = sample();
    else last = line;
  }
  const code = await exit;
  if (code !== 0) throw new Error(`unable to load the server; the load client ended with ${code}`);
  const result = JSON.parse(last) as LoadResult;
  const serverSeconds = end.server - begin.server;
  return {
    ...result,
    serverCpuShare: serverSeconds / result.seconds,
    usPerDelivery: (serverSeconds / (result.deliveriesPerSecond * result.seconds)) * 1e6,
    othersShare: Math.max(0, (end.core - begin.core - serverSeconds) / result.seconds),
  };
}
