const DAY_MS = 86_400_000
/** Four years and a day: every leap year's 29 February is in it. */
const DAYS = 4 * 366

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/**
 * The longest time between two runs of a cron line, in milliseconds: what may be lost before the next backup. By crontab(5):
 * where both days are restricted, either will do. Null: no cron line, or one that does not run twice in four years.
 */
export function longestGapMs(line: string): number | null {
  const fields = line.trim().split(/\s+/)
  if (fields.length !== 5) return null
  const [minutes, hours, days, months, weekdays] = [
    valuesOf(fields[0]!, 0, 59),
    valuesOf(fields[1]!, 0, 23),
    valuesOf(fields[2]!, 1, 31),
    valuesOf(named(fields[3]!, MONTHS, 1), 1, 12),
    valuesOf(named(fields[4]!, WEEKDAYS, 0), 0, 7),
  ]
  if (minutes === null || hours === null || days === null || months === null || weekdays === null) return null
  const times = hours.flatMap((hour) => minutes.map((minute) => (hour * 60 + minute) * 60_000))
  const either = !fields[2]!.startsWith('*') && !fields[4]!.startsWith('*')
  let [before, longest]: [number | null, number] = [null, 0]
  for (let day = 0; day <= DAYS; day++) {
    const date = new Date(day * DAY_MS)
    const byDay = days.includes(date.getUTCDate())
    const byWeekday = weekdays.some((weekday) => weekday % 7 === date.getUTCDay())
    if (!months.includes(date.getUTCMonth() + 1) || !(either ? byDay || byWeekday : byDay && byWeekday)) continue
    for (const time of times) {
      const at = day * DAY_MS + time
      if (before !== null) longest = Math.max(longest, at - before)
      before = at
    }
  }
  return longest === 0 ? null : longest
}

/** Ascending; null for what crontab would not take. */
function valuesOf(field: string, min: number, max: number): readonly number[] | null {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [, from, to, step = '1'] = /^(\*|\d{1,2})(?:-(\d{1,2}))?(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (from === undefined || Number(step) === 0 || (from === '*' && to !== undefined)) return null
    const first = from === '*' ? min : Number(from)
    const last = from === '*' || (to === undefined && part.includes('/')) ? max : Number(to ?? from)
    if (first < min || last > max || first > last) return null
    for (let value = first; value <= last; value += Number(step)) values.add(value)
  }
  return [...values].toSorted((one, other) => one - other)
}

function named(field: string, names: readonly string[], first: number): string {
  return field.replaceAll(/[A-Za-z]+/g, (name) => {
    const index = names.indexOf(name.toLowerCase())
    return index === -1 ? name : String(index + first)
  })
}
