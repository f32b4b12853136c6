/**
 * A write, as one: Redis runs nothing else meanwhile. Everything that can refuse it comes before the first change.
 *
 * KEYS  1 the history; 2 the hash, or 2… the keys that are written
 * ARGV  1 `hash` or `prefix`, 2 author, 3 reason, 4 expected version or '', 5 version at which the writer has counted the bytes or '',
 *       6 bytes it counted then, 7 most bytes, 8 length of the history, 9… for each key: its name, `set` or `remove`, value
 *
 * Returns `done` and the version, or what refuses it: `conflict` and what is known of it, `count` (the bytes must be counted first),
 * `large` and the bytes it would come to.
 *
 * The bytes are not counted here: with 100,000 fields that would hold the server for 100 ms. The last entry of the history tells what
 * they came to after the last write, and the writer counts now and then, because others may have written.
 */
export const writeScript = `
local history, kind = KEYS[1], ARGV[1]
local expected, counted, most, length = ARGV[4], ARGV[5], tonumber(ARGV[7]), tonumber(ARGV[8])
local head = redis.call('XREVRANGE', history, '+', '-', 'COUNT', 1)[1]
local version = head and head[1] or '0-0'

local function field(entry, name)
  for i = 1, #entry[2], 2 do
    if entry[2][i] == name then return entry[2][i + 1] end
  end
end

local names = {}
for i = 9, #ARGV, 3 do names[ARGV[i]] = true end

if expected ~= '' and expected ~= version then
  local known
  if expected == '0-0' then
    known = field(redis.call('XRANGE', history, '-', '+', 'COUNT', 1)[1], 'number') == '1'
  else
    -- An id that is no id is an error, which has no length.
    known = string.match(expected, '^%d+%-%d+$') and #redis.pcall('XRANGE', history, expected, expected) == 1
  end
  if not known then return {'conflict', 'version', version} end
  for _, entry in ipairs(redis.call('XRANGE', history, expected, '+')) do
    local name = field(entry, 'key')
    if entry[1] ~= expected and names[name] then return {'conflict', 'key', version, name} end
  end
end

local bytes = head and tonumber(field(head, 'bytes'))
if counted == version then bytes = tonumber(ARGV[6]) end
if not bytes then return {'count'} end

local found = {}
if kind == 'hash' then
  local asked = {}
  for i = 9, #ARGV, 3 do
    asked[#asked + 1] = ARGV[i]
    if #asked == 1000 or i + 3 > #ARGV then
      for _, value in ipairs(redis.call('HMGET', KEYS[2], unpack(asked))) do found[#found + 1] = value end
      asked = {}
    end
  end
else
  -- Not MGET: to that a list is nothing at all, and would be written over.
  for i = 2, #KEYS do found[i - 1] = redis.call('GET', KEYS[i]) end
end

local changes = {}
for n, before in ipairs(found) do
  local i = 6 + n * 3
  local after = ARGV[i + 1] == 'set' and ARGV[i + 2]
  if before ~= after then
    changes[#changes + 1] = {name = ARGV[i], key = kind == 'prefix' and KEYS[n + 1] or ARGV[i], before = before, after = after}
    if before then bytes = bytes - #ARGV[i] - #before end
    if after then bytes = bytes + #ARGV[i] + #after end
  end
end
if #changes == 0 then return {'done', version, string.format('%.0f', bytes)} end
if bytes > most then return {'large', string.format('%.0f', bytes)} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ms, seq = string.match(version, '^(%d+)-(%d+)$')
ms, seq = tonumber(ms), tonumber(seq) + 1
if ms < now then ms, seq = now, 0 end
local number = tonumber(head and field(head, 'number') or 0)
local last = string.format('%.0f-%.0f', ms, seq + #changes - 1)

-- First the history: where that cannot be written, nothing is. Entries that would be cut off at once are left out.
for i = math.max(1, #changes - length + 1), #changes do
  local change = changes[i]
  local entry = {'XADD', history, 'MAXLEN', '~', length, string.format('%.0f-%.0f', ms, seq + i - 1), 'version', last,
    'number', string.format('%.0f', number + i), 'bytes', string.format('%.0f', bytes), 'author', ARGV[2], 'reason', ARGV[3], 'key', change.name}
  if change.before then
    entry[#entry + 1] = 'before'
    entry[#entry + 1] = change.before
  end
  if change.after then
    entry[#entry + 1] = 'after'
    entry[#entry + 1] = change.after
  end
  redis.call(unpack(entry))
end
-- Nobody may take the entry before a gap for the one before the next.
if #changes > length then redis.call('XTRIM', history, 'MAXLEN', length) end

local set, remove = {}, {}
local function flush(all)
  if #set >= (all and 1 or 1000) then
    if kind == 'hash' then redis.call('HSET', KEYS[2], unpack(set)) else redis.call('MSET', unpack(set)) end
    set = {}
  end
  if #remove >= (all and 1 or 1000) then
    if kind == 'hash' then redis.call('HDEL', KEYS[2], unpack(remove)) else redis.call('DEL', unpack(remove)) end
    remove = {}
  end
end
for _, change in ipairs(changes) do
  if change.after then
    set[#set + 1] = change.key
    set[#set + 1] = change.after
  else
    remove[#remove + 1] = change.key
  end
  flush(false)
end
flush(true)
return {'done', last, string.format('%.0f', bytes)}
`;
