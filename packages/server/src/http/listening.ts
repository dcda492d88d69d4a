import { StartError } from '../lib/start-error.ts';

/** Where somebody wants to listen, and the setting that says so. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly setting: 'PORT' | 'PARLEY_METRICS_PORT';
}

/**
 * Listens, by what is handed in.
 *
 * @throws StartError `port_in_use` or `listen_refused`, where the system does not let us.
 */
export async function listening<Result>(place: Place, listen: () => Promise<Result>): Promise<Result> {
  try {
    return await listen();
  } catch (cause) {
    throw refusalOf(place, cause);
  }
}

function refusalOf({ host, port, setting }: Place, cause: unknown): unknown {
  const { syscall, code } = (cause ?? {}) as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'bind' && syscall !== 'getaddrinfo') return cause;
  const unable = `unable to listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new StartError({
      code: 'port_in_use',
      message: `${unable}; another program does`,
      hint: `Stop it, or choose another port with ${setting}. \`parley doctor\` tells whether it is a Parley.`,
      cause,
    });
  }
  return new StartError({
    code: 'listen_refused',
    message: `${unable}; the system answers ${code}`,
    hint: `Correct HOST, or choose a ${setting} above 1023.`,
    cause,
  });
}
