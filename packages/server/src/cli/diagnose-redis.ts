import { systemClock } from '../lib/clock.ts';
import { StartError } from '../lib/start-error.ts';
import { RedisLink } from '../storage/redis.ts';
import { type Finding, failed, well } from './diagnosis.ts';

/** Whether the Redis that joins nodes lets this one in. */
export async function diagnoseRedis(url: string | undefined): Promise<Finding> {
  if (url === undefined) return well('redis', 'none: this node is alone');
  try {
    const link = await RedisLink.connect({
      url,
      prefix: 'parley:doctor:',
      clock: systemClock,
      random: Math.random,
      onError: () => {},
    });
    link.close();
    return well('redis', 'answers');
  } catch (error) {
    if (error instanceof StartError) return failed('redis', error.message, error.hint);
    throw error;
  }
}
