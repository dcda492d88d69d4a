import { defineScript } from '../storage/script.ts';

/**
 * The same arithmetic as `take` in gcra.ts, in Redis and on its clock, so that all nodes count in one bucket.
 *
 * KEYS[1]  the bucket: a string, the moment in ms at which it is full again; it expires then
 * ARGV[1]  limit, ARGV[2] windowMs of the policy
 * ARGV[3]  most tokens wanted, ARGV[4] fewest that are of use
 * result   { tokens taken (0: none, and nothing changed), ms to wait until the fewest are there }
 */
export const GCRA_SCRIPT = defineScript(`
local limit, windowMs, most, fewest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local perToken = windowMs / limit
local fullAt = tonumber(redis.call('GET', KEYS[1]) or '') or now
if fullAt < now then fullAt = now end
if fullAt > now + windowMs then fullAt = now + windowMs end
fewest = math.min(fewest, limit)
local free = math.floor((now + windowMs + 0.5 - fullAt) / perToken)
local taken = math.min(most, free)
if taken < fewest then return { 0, math.ceil(fullAt + fewest * perToken - windowMs - now) } end
fullAt = fullAt + taken * perToken
redis.call('SET', KEYS[1], string.format('%.3f', fullAt), 'PX', math.max(1, math.ceil(fullAt - now)))
return { taken, 0 }
`);
