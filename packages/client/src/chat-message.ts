import type { MessageView } from '@parley/protocol';
import type { ParleyError } from './errors.ts';
import type { SendStatus } from './send-queue.ts';

/** A message as a screen shows it: also one that is still on its way, whose `seq` is 0 until it has a place. */
export interface ChatMessage extends MessageView {
  /** `queued` and `sending` are on their way, `failed` was refused (`error` says why), everything else is `sent`. */
  readonly status: SendStatus | 'sent';
  readonly error: ParleyError | null;
}
