// Instants and durations as text.
import { offsetText, toWall, two, zoneName, type Zone } from './zone'

export type Precision = 'day' | 'minute' | 'second' | 'millisecond'

function instant(time: string | number | Date): number {
  return typeof time === 'string' ? Date.parse(time) : Number(time)
}

/** "2025-11-03 14:05:09" on the zone's clock. */
export function formatTime(time: string | number | Date, zone: Zone, precision: Precision = 'second'): string {
  const ms = instant(time)
  if (Number.isNaN(ms)) return '–'
  const wall = toWall(ms, zone)
  const date = `${String(wall.year).padStart(4, '0')}-${two(wall.month)}-${two(wall.day)}`
  if (precision === 'day') return date
  const minute = `${date} ${two(wall.hour)}:${two(wall.minute)}`
  if (precision === 'minute') return minute
  const second = `${minute}:${two(wall.second)}`
  return precision === 'second' ? second : `${second}.${String(((ms % 1000) + 1000) % 1000).padStart(3, '0')}`
}

/** With its offset, so that it means one instant: for titles and copying. */
export function formatExact(time: string | number | Date, zone: Zone): string {
  const ms = instant(time)
  return Number.isNaN(ms) ? '–' : `${formatTime(ms, zone).replace(' ', 'T')}${offsetText(ms, zone)}`
}

export function formatClock(time: string | number | Date, zone: Zone): string {
  return formatTime(time, zone).slice(11)
}

/** "UTC", "Europe/Berlin" or, for the browser's, that zone's name. */
export function zoneLabel(zone: Zone): string {
  return zoneName(zone)
}

const UNITS = [
  ['y', 31_557_600],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const

/** The two largest units: 93784 s → "1 d 2 h". Below a second: "120 ms". */
export function formatDuration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${Math.round(seconds * 1000)} ms`
  let rest = Math.round(Math.abs(seconds))
  const parts: string[] = []
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count} ${unit}`)
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.join(' ') || '0 s'
}

/** "3 min ago", "in 2 h", "now". */
export function formatRelative(time: string | number | Date, now: number): string {
  const ms = instant(time)
  if (Number.isNaN(ms)) return '–'
  const seconds = Math.round((now - ms) / 1000)
  if (Math.abs(seconds) < 2) return 'now'
  const size = formatDuration(Math.abs(seconds)).split(' ').slice(0, 2).join(' ')
  return seconds > 0 ? `${size} ago` : `in ${size}`
}
