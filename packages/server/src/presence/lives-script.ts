import { defineScript } from '../storage/script.ts';

/**
 * Prolongs a life, and says which lives there are. Time is that of Redis, so that no node's clock decides over another.
 *
 * KEYS[1]  lives: a sorted set, each with the moment in ms until which it holds
 * ARGV[1]  a life
 * ARGV[2]  ms that it holds from now on; empty: only look
 * ARGV[3]  1 to enter it where it is not; else one that is not there, or has ended, is left as it is
 * result   { 1 when that life holds now or 0, all lives that hold, those that have ended }
 */
export const LIVES_SCRIPT = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = string.format('%.0f', now)
local endsAt = redis.call('ZSCORE', KEYS[1], ARGV[1])
local holds = endsAt and tonumber(endsAt) > now
if ARGV[2] ~= '' and (ARGV[3] == '1' or holds) then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
  holds = true
end
return {
  holds and 1 or 0,
  redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. at, '+inf'),
  redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', at)
}
`);
