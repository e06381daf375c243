// Wall clocks and instants in any time zone that the browser knows, right
// across daylight-saving changes. Instants are milliseconds since 1970.

/** 'utc', 'browser', or an IANA name such as "Europe/Berlin". */
export type Zone = string

export interface Wall {
  year: number
  month: number // 1 to 12
  day: number
  hour: number
  minute: number
  second: number
}

const MINUTE = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

export function zoneName(zone: Zone): string {
  if (zone === 'utc') return 'UTC'
  return zone === 'browser' ? browserZone() : zone
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

export function isZone(zone: string): boolean {
  if (zone === 'utc' || zone === 'browser') return true
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

/** Every name that the browser offers, for a list to choose from. */
export function allZones(): string[] {
  return Intl.supportedValuesOf('timeZone')
}

function formatOf(name: string): Intl.DateTimeFormat {
  let format = formats.get(name)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(name, format)
  }
  return format
}

/** What a clock on the wall shows at an instant. */
export function toWall(ms: number, zone: Zone): Wall {
  if (zoneName(zone) === 'UTC') return utcWall(ms)
  const wall: Record<string, number> = {}
  for (const part of formatOf(zoneName(zone)).formatToParts(ms)) wall[part.type] = Number(part.value)
  const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = wall
  return { year, month, day, hour, minute, second }
}

function utcWall(ms: number): Wall {
  const date = new Date(ms)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  }
}

function asIfUtc(wall: Wall): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second)
}

/** Minutes that the zone's clocks are ahead of UTC at an instant. */
export function offsetAt(ms: number, zone: Zone): number {
  const whole = Math.floor(ms / 1000) * 1000
  return (asIfUtc(toWall(whole, zone)) - whole) / MINUTE
}

/**
 * The instant at which a clock shows wall. Of two (clocks were put back) it is
 * the first; where there is none (clocks were put forward) the clock's reading
 * is taken as if it had not been put forward yet, as RFC 5545 does. Fields out
 * of range carry over: month 13 is January, day 0 the day before the first.
 */
export function toInstant(wall: Wall, zone: Zone): number {
  const local = asIfUtc(wall)
  // No zone changes twice within a day, so that these two are all candidates.
  const before = offsetAt(local - 1440 * MINUTE, zone)
  const after = offsetAt(local + 1440 * MINUTE, zone)
  const first = local - before * MINUTE
  if (before === after || offsetAt(first, zone) === before) return first
  const second = local - after * MINUTE
  return offsetAt(second, zone) === after ? second : first
}

/** "+02:00"; "Z" for UTC itself. */
export function offsetText(ms: number, zone: Zone): string {
  if (zoneName(zone) === 'UTC') return 'Z'
  const offset = offsetAt(ms, zone)
  const size = Math.abs(offset)
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

export function two(n: number): string {
  return String(Math.floor(n)).padStart(2, '0')
}

export type Unit = 's' | 'm' | 'h' | 'd' | 'w' | 'M' | 'y'

const SECONDS = { s: 1, m: 60, h: 3600 } as const

/**
 * ms plus count units. Hours and less are so much elapsed time; days and more
 * move the calendar, so that a day across a change has 23 or 25 hours.
 */
export function plus(ms: number, count: number, unit: Unit, zone: Zone): number {
  if (unit === 's' || unit === 'm' || unit === 'h') return ms + count * SECONDS[unit] * 1000
  const wall = toWall(ms, zone)
  const rest = ((ms % 1000) + 1000) % 1000
  if (unit === 'd') wall.day += count
  if (unit === 'w') wall.day += 7 * count
  if (unit === 'M') addMonths(wall, count)
  if (unit === 'y') addMonths(wall, 12 * count)
  return toInstant(wall, zone) + rest
}

// The 31st and a month is the last of a shorter month.
function addMonths(wall: Wall, count: number): void {
  const month = wall.year * 12 + (wall.month - 1) + count
  wall.year = Math.floor(month / 12)
  wall.month = month - wall.year * 12 + 1
  wall.day = Math.min(wall.day, new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate())
}

/** The beginning of the unit that ms lies in; weeks begin on Monday. */
export function startOf(ms: number, unit: Unit, zone: Zone): number {
  if (unit === 's' || unit === 'm' || unit === 'h') return startOfClock(ms, unit, zone)
  const wall = toWall(ms, zone)
  const day = { ...wall, hour: 0, minute: 0, second: 0 }
  if (unit === 'w') day.day -= (new Date(asIfUtc(day)).getUTCDay() + 6) % 7
  if (unit === 'M' || unit === 'y') day.day = 1
  if (unit === 'y') day.month = 1
  return toInstant(day, zone)
}

// In elapsed time: of an hour that comes twice, each has its own beginning.
function startOfClock(ms: number, unit: 's' | 'm' | 'h', zone: Zone): number {
  const shift = offsetAt(ms, zone) * MINUTE
  const size = SECONDS[unit] * 1000
  return Math.floor((ms + shift) / size) * size - shift
}
