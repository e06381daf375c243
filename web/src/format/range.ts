// Ranges as a person types them: RFC 3339, dates, now-6h, now/d. The text is
// what the URL keeps; resolve turns it into instants.
import { plus, startOf, toInstant, type Unit, type Wall, type Zone } from './zone'

/** As typed; from 'all' reaches back to the oldest that is known. */
export interface TimeRange {
  from: string
  to: string
}

/** start is included, end is not; both in milliseconds since 1970. */
export interface ResolvedRange {
  start: number
  end: number
  /** Without a beginning: start is 0, and requests leave it out. */
  all: boolean
}

export interface Preset extends TimeRange {
  id: string
  label: string
}

export const PRESETS: readonly Preset[] = [
  { id: '1h', label: 'Last hour', from: 'now-1h', to: 'now' },
  { id: '6h', label: 'Last 6 hours', from: 'now-6h', to: 'now' },
  { id: '24h', label: 'Last 24 hours', from: 'now-24h', to: 'now' },
  { id: '7d', label: 'Last 7 days', from: 'now-7d', to: 'now' },
  { id: '30d', label: 'Last 30 days', from: 'now-30d', to: 'now' },
  { id: '90d', label: 'Last 90 days', from: 'now-90d', to: 'now' },
  { id: 'month', label: 'This month', from: 'now/M', to: 'now' },
  { id: 'last-month', label: 'Last month', from: 'now-1M/M', to: 'now/M' },
  { id: 'all', label: 'All time', from: 'all', to: 'now' },
]

const RELATIVE = /^now((?:[+-]\d{1,6}[smhdwMy])*)(?:\/([hdwMy]))?$/
const WALL = /^(\d{4})-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.(\d{1,9}))?)?)?$/
const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/

export const TIME_HINT = 'Use 2025-11-03, 2025-11-03 14:00, an RFC 3339 time, or now-6h, now/d.'

/** The instant that text means; a text without an offset is read in zone. */
export function parseTime(text: string, zone: Zone, now: number): number {
  const trimmed = text.trim()
  const relative = RELATIVE.exec(trimmed)
  if (relative) return parseRelative(relative[1] ?? '', relative[2] as Unit | undefined, zone, now)
  if (RFC3339.test(trimmed)) {
    const ms = Date.parse(trimmed.toUpperCase().replace(' ', 'T'))
    if (!Number.isNaN(ms)) return ms
  }
  const wall = WALL.exec(trimmed)
  if (wall) return parseWall(wall, trimmed, zone)
  throw new RangeError(trimmed === '' ? `A time is missing. ${TIME_HINT}` : `"${trimmed}" is not a time. ${TIME_HINT}`)
}

function parseRelative(moves: string, round: Unit | undefined, zone: Zone, now: number): number {
  let ms = now
  for (const [, count, unit] of moves.matchAll(/([+-]\d+)([smhdwMy])/g)) {
    ms = plus(ms, Number(count), unit as Unit, zone)
  }
  if (Number.isNaN(ms) || Math.abs(ms) > 8e15) throw new RangeError(`"now${moves}" is too far away.`)
  return round ? startOf(ms, round, zone) : ms
}

function parseWall(match: RegExpExecArray, text: string, zone: Zone): number {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((part) => Number(part ?? NaN))
  const wall: Wall = { year, month, day: orZero(day, 1), hour: orZero(hour), minute: orZero(minute), second: orZero(second) }
  const days = new Date(Date.UTC(wall.year, wall.month, 0)).getUTCDate()
  const real = wall.year >= 1970 && wall.month >= 1 && wall.month <= 12 && wall.day >= 1 && wall.day <= days
  if (!real || wall.hour > 23 || wall.minute > 59 || wall.second > 59) {
    throw new RangeError(`"${text}" is not in the calendar.`)
  }
  return toInstant(wall, zone) + Math.floor(Number(`0.${match[7] ?? 0}`) * 1000)
}

function orZero(n: number, otherwise = 0): number {
  return Number.isNaN(n) ? otherwise : n
}

/** Both ends as instants. Throws a RangeError that a person can act on. */
export function resolveRange(range: TimeRange, zone: Zone, now: number): ResolvedRange {
  const end = parseTime(range.to, zone, now)
  if (range.from.trim() === 'all') return { start: 0, end, all: true }
  const start = parseTime(range.from, zone, now)
  if (start >= end) throw new RangeError('The range ends before it begins.')
  return { start, end, all: false }
}

export function isRelative(range: TimeRange): boolean {
  return range.from.includes('now') || range.to.includes('now')
}

export function presetOf(range: TimeRange): Preset | undefined {
  return PRESETS.find((preset) => preset.from === range.from && preset.to === range.to)
}

export function fromInstants(start: number, end: number): TimeRange {
  return { from: isoInstant(start), to: isoInstant(end) }
}

/** RFC 3339 in UTC, without a fraction that says nothing. */
export function isoInstant(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** The range moved by its own length; never past now when it is moved on. */
export function shiftRange(range: ResolvedRange, direction: -1 | 1, now: number): ResolvedRange {
  const length = range.end - range.start
  const end = direction > 0 ? Math.max(range.end, Math.min(range.end + length, now)) : range.end - length
  return { start: end - length, end, all: false }
}

/** factor 2 shows twice as much around the middle, 0.5 half of it. */
export function zoomRange(range: ResolvedRange, factor: number, now: number): ResolvedRange {
  const length = Math.max(60_000, (range.end - range.start) * factor)
  const middle = (range.start + range.end) / 2
  const end = Math.min(Math.round(middle + length / 2), Math.max(now, range.end))
  return { start: Math.max(0, Math.round(end - length)), end, all: false }
}

/** What the API is asked for: absolute, so that pages of one list agree. */
export function rangeParams(range: ResolvedRange): { from?: string; to: string } {
  const to = isoInstant(range.end)
  return range.all ? { to } : { from: isoInstant(range.start), to }
}
