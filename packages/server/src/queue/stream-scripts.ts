import { defineScript } from '../storage/script.ts';

/**
 * Gives a shard back.
 *
 * KEYS[1]  the lease: a string, the name of its holder
 * ARGV[1]  who gives back; a lease that somebody else holds by now is left alone
 * result   1 or 0
 */
export const RELEASE_SCRIPT = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`);

/**
 * Takes an entry back that nobody has read: after this nobody will write it.
 *
 * KEYS[1]  the stream of the shard
 * ARGV[1]  consumer group, ARGV[2] id of the entry
 * result   1 when it was taken back; 0 when it is being written, was written, or is not there
 */
export const WITHDRAW_SCRIPT = defineScript(`
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1)
if pending.err == nil and #pending > 0 then return 0 end
return redis.call('XDEL', KEYS[1], ARGV[2])
`);
