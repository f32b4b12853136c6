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
local expected, counted, most, length = ARGV[4], ARGV[5], tonumber(ARGV[7]), ARGV[8]
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
    known = redis.call('XLEN', history) < tonumber(length)
  else
    known = #redis.call('XRANGE', history, expected, expected) == 1
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

local changes = {}
for i = 9, #ARGV, 3 do
  local key = KEYS[2 + (i - 9) / 3]
  local change = {name = ARGV[i], key = key, before = false, after = false}
  if kind == 'hash' then change.before = redis.call('HGET', KEYS[2], ARGV[i]) else change.before = redis.call('GET', key) end
  if ARGV[i + 1] == 'set' then change.after = ARGV[i + 2] end
  if change.before ~= change.after then
    changes[#changes + 1] = change
    if change.before then bytes = bytes - #change.name - #change.before end
    if change.after then bytes = bytes + #change.name + #change.after end
  end
end
if #changes == 0 then return {'done', version, string.format('%.0f', bytes)} end
if bytes > most then return {'large', string.format('%.0f', bytes)} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ms, seq = string.match(version, '^(%d+)-(%d+)$')
ms, seq = tonumber(ms), tonumber(seq) + 1
if ms < now then ms, seq = now, 0 end
local last = string.format('%.0f-%.0f', ms, seq + #changes - 1)

for i, change in ipairs(changes) do
  local entry = {'XADD', history, 'MAXLEN', '~', length, string.format('%.0f-%.0f', ms, seq + i - 1), 'version', last,
    'bytes', string.format('%.0f', bytes), 'author', ARGV[2], 'reason', ARGV[3], 'key', change.name}
  if change.before then
    entry[#entry + 1] = 'before'
    entry[#entry + 1] = change.before
  end
  if change.after then
    entry[#entry + 1] = 'after'
    entry[#entry + 1] = change.after
  end
  redis.call(unpack(entry))
  if kind == 'hash' then
    if change.after then redis.call('HSET', KEYS[2], change.name, change.after) else redis.call('HDEL', KEYS[2], change.name) end
  else
    if change.after then redis.call('SET', change.key, change.after) else redis.call('DEL', change.key) end
  end
end
return {'done', last, string.format('%.0f', bytes)}
`;
