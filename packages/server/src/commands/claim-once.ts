import type { Attachments } from '../attachments/attachments.ts';
import { AppError } from '../lib/app-error.ts';
import type { History } from '../messages/history.ts';

type Claims = Pick<Attachments, 'claim'>;

/**
 * Claims files as `attachments` does, and none for a message that the sender has sent before: with a message that was deleted
 * its files are gone, and a repeat of its send must still find its way to the writer, who gives it the first result.
 */
export function claimOnce(attachments: Claims, history: Pick<History, 'get'>): Claims {
  return {
    async claim(claim, ids) {
      try {
        return await attachments.claim(claim, ids);
      } catch (error) {
        // Looked for only now: most sends are no repeats.
        if (isNotFound(error) && (await isSent(history, claim))) return [];
        throw error;
      }
    },
  };
}

async function isSent(history: Pick<History, 'get'>, claim: Parameters<Claims['claim']>[0]): Promise<boolean> {
  try {
    return (await history.get(claim)).senderId === claim.userId;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof AppError && error.code === 'not_found';
}
