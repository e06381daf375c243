// The geometry of a resource's timeline: everything in percent of the width of
// the stretch that is shown.
import type { Schemas } from '@/api/client'
import { formatTime } from '@/format/when'
import { plus, startOf, type Unit, type Zone } from '@/format/zone'

export type Interval = Schemas['Interval']

/** In milliseconds. */
export interface Stretch {
  start: number
  end: number
}

export interface Segment {
  /** Place in the list of intervals. */
  index: number
  left: number
  width: number
  /** The part in which it may have run still; 0 where the end is known. */
  doubt: number
  /** Of the types of the resource, for the colour. */
  type: number
  /** Goes on beyond what is known. */
  open: boolean
}

export interface Mark {
  left: number
  at: number
  label: string
}

const LEAST = 60_000 // milliseconds: nothing shorter is zoomed to
const AIR = 0.02

/** From the first to the last that is known, with some air at both ends. */
export function lifeOf(intervals: readonly Interval[], now: number): Stretch {
  const starts = intervals.map((one) => Date.parse(one.start))
  const ends = intervals.map((one) => (one.open ? now : Date.parse(one.not_after)))
  const start = Math.min(...starts)
  const end = Math.max(...ends)
  if (!Number.isFinite(start)) return { start: now - 3_600_000, end: now }
  const air = Math.max(LEAST / 2, (end - start) * AIR)
  return { start: start - air, end: end + air }
}

export function typesOf(intervals: readonly Interval[]): string[] {
  return [...new Set(intervals.map((one) => one.type))]
}

/** Those that are in the stretch, in their order. */
export function segments(intervals: readonly Interval[], shown: Stretch): Segment[] {
  const types = typesOf(intervals)
  return intervals.flatMap((one, index) => {
    const start = Date.parse(one.start)
    const end = Date.parse(one.end)
    const over = Math.max(end, Date.parse(one.not_after))
    if (over < shown.start || start > shown.end) return []
    const left = percent(start, shown)
    const sure = percent(end, shown)
    return [{ index, left, width: sure - left, doubt: percent(over, shown) - sure, type: types.indexOf(one.type), open: one.open }]
  })
}

/** Where a price changed while it ran. */
export function priceChanges(intervals: readonly Interval[], shown: Stretch): Mark[] {
  const marks: Mark[] = []
  for (const one of intervals) {
    one.prices.forEach((price, i) => {
      const before = one.prices[i - 1]
      const at = Date.parse(price.from)
      if (!before || before.rate_per_hour === price.rate_per_hour || at < shown.start || at > shown.end) return
      marks.push({ left: percent(at, shown), at, label: `${before.rate_per_hour ?? 'no price'} → ${price.rate_per_hour ?? 'no price'} ${price.currency}` })
    })
  }
  return marks
}

export function zoom(shown: Stretch, factor: number, life: Stretch): Stretch {
  const length = Math.min(Math.max(LEAST, (shown.end - shown.start) * factor), life.end - life.start)
  const middle = (shown.start + shown.end) / 2
  return within({ start: middle - length / 2, end: middle + length / 2 }, life)
}

/** By half of what is shown. */
export function move(shown: Stretch, direction: -1 | 1, life: Stretch): Stretch {
  const by = (direction * (shown.end - shown.start)) / 2
  return within({ start: shown.start + by, end: shown.end + by }, life)
}

function within(shown: Stretch, life: Stretch): Stretch {
  const length = shown.end - shown.start
  const start = Math.min(Math.max(shown.start, life.start), life.end - length)
  return { start, end: start + length }
}

function percent(at: number, shown: Stretch): number {
  const share = (at - shown.start) / (shown.end - shown.start)
  return 100 * Math.min(1, Math.max(0, share))
}

const STEPS: readonly (readonly [count: number, unit: Unit, seconds: number])[] = [
  [1, 'm', 60], [5, 'm', 300], [15, 'm', 900], [1, 'h', 3_600], [3, 'h', 10_800], [6, 'h', 21_600], [12, 'h', 43_200],
  [1, 'd', 86_400], [2, 'd', 172_800], [1, 'w', 604_800], [2, 'w', 1_209_600], [1, 'M', 2_629_800], [3, 'M', 7_889_400], [1, 'y', 31_557_600],
]

/** Round times on the zone's clock, at most so many. */
export function axis(shown: Stretch, zone: Zone, most: number): Mark[] {
  const seconds = (shown.end - shown.start) / 1000
  const [count, unit, length] = STEPS.find(([, , size]) => seconds / size <= most) ?? ([1, 'y', 31_557_600] as const)
  const marks: Mark[] = []
  const whole = startOf(shown.start, length >= 86_400 ? unit : 'd', zone)
  for (let at = whole; at <= shown.end && marks.length < 100; at = plus(at, count, unit, zone)) {
    if (at < shown.start) {
      // From midnight to the first that is shown can be many minutes.
      const skipped = length < 86_400 ? Math.floor((shown.start - at) / 1000 / length) * length * 1000 : 0
      at += skipped
      if (at < shown.start) continue
    }
    marks.push({ at, left: percent(at, shown), label: labelOf(at, length, zone) })
  }
  return marks
}

function labelOf(at: number, seconds: number, zone: Zone): string {
  const text = formatTime(at, zone, 'minute')
  if (seconds >= 2_629_800) return text.slice(0, 7)
  if (seconds >= 86_400) return text.slice(5, 10)
  const clock = text.slice(11)
  return clock === '00:00' ? text.slice(5, 10) : clock
}
