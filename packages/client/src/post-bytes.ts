import type { HttpAnswer } from './problem.ts';

/** Large enough to be quick, small enough to show that it moves. */
const PIECE_BYTES = 65_536;

/** How much of an upload has left this device. */
export interface UploadProgress {
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface PostOptions {
  readonly token: string;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: UploadProgress) => void) | undefined;
}

/**
 * Posts bytes; throws when there is no answer. Only XMLHttpRequest tells a page how far it is; where there is none, Node counts
 * what it reads, and a worker tells nothing.
 */
export function postBytes(url: string, bytes: Blob, options: PostOptions): Promise<HttpAnswer> {
  if (options.onProgress !== undefined && typeof XMLHttpRequest !== 'undefined') return postByXhr(url, bytes, options);
  return postByFetch(url, bytes, options);
}

const headersOf = (token: string) => ({
  accept: 'application/json',
  authorization: `Bearer ${token}`,
  'content-type': 'application/octet-stream',
});

function postByXhr(url: string, bytes: Blob, { token, signal, onProgress }: PostOptions): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = (): void => request.abort();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headersOf(token))) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => onProgress?.({ sentBytes: loaded, totalBytes: bytes.size });
    request.onload = () =>
      resolve({
        status: request.status,
        retryAfter: request.getResponseHeader('retry-after'),
        body: parsed(request.responseText),
      });
    request.onerror = () => reject(new Error('the connection was lost'));
    request.onabort = () => reject(new Error('aborted'));
    request.onloadend = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort);
    request.send(bytes);
  });
}

async function postByFetch(url: string, bytes: Blob, { token, signal, onProgress }: PostOptions): Promise<HttpAnswer> {
  const isCounted = onProgress !== undefined && 'process' in globalThis;
  const body = isCounted ? counted(bytes, onProgress) : bytes;
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers: headersOf(token),
    body,
    signal,
    duplex: 'half',
  };
  const response = await fetch(url, init);
  const { status, headers } = response;
  return { status, retryAfter: headers.get('retry-after'), body: parsed(await response.text()) };
}

/** The bytes in pieces, each told when it is asked for. */
function counted(bytes: Blob, onProgress: (progress: UploadProgress) => void): ReadableStream<Uint8Array> {
  let sentBytes = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = bytes.slice(sentBytes, sentBytes + PIECE_BYTES);
      if (piece.size === 0) return controller.close();
      controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
      sentBytes += piece.size;
      onProgress({ sentBytes, totalBytes: bytes.size });
    },
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
