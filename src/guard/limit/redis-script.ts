import { TICKS_PER_MS } from './gcra.ts'

/** Ticks are counted from here, so that today's fit into 53 bits: good until 2043. */
const EPOCH_SECONDS = Date.UTC(2026, 0, 1) / 1_000

/** Values of a want as the script takes them, in this order. */
export const WANT_VALUES = 7

/**
 * What `Counts.take` does (counts.ts), for all counts of one request in one call, by the clock of the server: KEYS are the
 * counts, ARGV the number of askers, how long lent tokens are reserved, and the values of each want. Answers with whether all
 * was taken, then four numbers for each want. Numbers are written with %.0f: Lua's own text of them stops at 14 digits.
 */
export const TAKE_SCRIPT = `
local time = redis.call('TIME')
local now = ((tonumber(time[1]) - ${EPOCH_SECONDS}) * 1000000 + tonumber(time[2])) * ${TICKS_PER_MS / 1_000}
local sharers, kept = tonumber(ARGV[1]), tonumber(ARGV[2])
local counts, taken = {}, 1
for i = 1, #KEYS do
  local at = 2 + (i - 1) * ${WANT_VALUES}
  local interval, burst, need = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local used, back, known = tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6]), tonumber(ARGV[at + 7])
  local window = interval * burst
  local row = redis.call('HMGET', KEYS[i], 'arrival', 'reserved', 'until')
  local arrival, reserved, ends = tonumber(row[1] or 0), tonumber(row[2] or 0), tonumber(row[3] or 0)
  if reserved > 0 and ends <= now then
    arrival = math.max(arrival, ends) + reserved
    reserved = 0
  end
  local before = arrival > now and math.min(arrival - now, window) or 0
  local level = math.min(window, math.max(before, known) + used * interval)
  reserved = math.max(0, reserved - (used + back) * interval)
  local wait = math.max(0, level + reserved + need * interval - window)
  if wait > level then wait = math.max(wait, ends - now + wait - level) end
  if wait > 0 then taken = 0 end
  counts[i] = { level = level, reserved = reserved, ends = ends, wait = wait, window = window, interval = interval,
    need = need, extra = tonumber(ARGV[at + 4]), changed = level ~= before or used + back > 0 }
end
local answer = { taken }
for i, count in ipairs(counts) do
  local lent = 0
  if taken == 1 then
    count.level = count.level + count.need * count.interval
    local free = math.max(0, math.floor((count.window - count.level - count.reserved) / count.interval))
    lent = math.min(count.extra, math.floor(free / (2 * sharers)))
  end
  if lent > 0 then
    count.reserved = count.reserved + lent * count.interval
    count.ends = now + kept
  end
  if count.changed or lent > 0 or (taken == 1 and count.need > 0) then
    local arrival = now + count.level
    local last = count.reserved > 0 and math.max(arrival, count.ends) + count.reserved or arrival
    redis.call('HSET', KEYS[i], 'arrival', string.format('%.0f', arrival),
      'reserved', string.format('%.0f', count.reserved), 'until', string.format('%.0f', count.ends))
    redis.call('PEXPIRE', KEYS[i], string.format('%.0f', math.ceil((last - now) / ${TICKS_PER_MS}) + 1))
  end
  answer[#answer + 1] = lent
  answer[#answer + 1] = count.level
  answer[#answer + 1] = count.reserved
  answer[#answer + 1] = count.wait
end
return answer
`

/** Says that this asker is there, and how many are: KEYS[1] is their set, ARGV its name and for how many seconds it counts. */
export const PRESENT_SCRIPT = `
local now, seconds = tonumber(redis.call('TIME')[1]), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - seconds)
redis.call('EXPIRE', KEYS[1], seconds)
return redis.call('ZCARD', KEYS[1])
`
