import { defineScript } from '../storage/script.ts';

/**
 * Appends entries, all or none.
 *
 * KEYS[1]  the stream of the shard
 * ARGV[1]  the node whose senders wait, ARGV[2] and all behind it: entries as JSON
 * result   their ids in the stream
 */
export const APPEND_SCRIPT = defineScript(`
local ids = {}
for place = 2, #ARGV do
  ids[place - 1] = redis.call('XADD', KEYS[1], '*', 'n', ARGV[1], 'e', ARGV[place])
end
return ids
`);

/**
 * Takes or keeps a shard, and what is first in it: what a former holder left unfinished, else what nobody has read. All in one step, so
 * that it costs one way to Redis for each batch, and nothing is added between the look that finds a shard empty and giving it back.
 *
 * KEYS[1]  the stream of the shard
 * KEYS[2]  its lease: a string, the name of its holder
 * ARGV[1]  consumer group, ARGV[2] who takes, ARGV[3] how long the lease lasts in ms, ARGV[4] most entries
 * ARGV[5]  and all behind it: ids that are done with, which are removed first
 * result   entries as [id, [field, value, ...]]; none when the shard was empty and given back, or when another one has it
 */
export const TAKE_SCRIPT = defineScript(`
local stream, lease, group, node, most = KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[4]
local function remove(id)
  redis.call('XACK', stream, group, id)
  redis.call('XDEL', stream, id)
end
for place = 5, #ARGV do remove(ARGV[place]) end

local holder = redis.call('GET', lease)
if holder and holder ~= node then return {} end
redis.call('SET', lease, node, 'PX', ARGV[3])

local pending = redis.pcall('XPENDING', stream, group, '-', '+', most)
if pending.err then
  -- The first who reads makes the group, and Redis may lose it.
  redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  pending = {}
end
local entries = {}
while #pending > 0 do
  for _, one in ipairs(pending) do
    local claimed = redis.call('XCLAIM', stream, group, node, 0, one[1])
    -- An entry that is gone stays pending until it is acknowledged.
    if claimed[1] then entries[#entries + 1] = claimed[1] else remove(one[1]) end
  end
  if #entries > 0 then break end
  pending = redis.call('XPENDING', stream, group, '-', '+', most)
end
if #entries == 0 then
  local read = redis.call('XREADGROUP', 'GROUP', group, node, 'COUNT', most, 'STREAMS', stream, '>')
  if read then entries = read[1][2] end
end
if #entries == 0 then redis.call('DEL', lease) end
return entries
`);

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
