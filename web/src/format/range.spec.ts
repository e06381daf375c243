import { describe, expect, it } from 'vitest'
import { fromInstants, isoInstant, parseTime, PRESETS, presetOf, rangeParams, resolveRange, shiftRange, zoomRange } from './range'

const now = Date.parse('2025-11-25T10:02:29Z')

describe('parseTime', () => {
  it.each([
    ['now', 'utc', '2025-11-25T10:02:29Z'],
    ['now-6h', 'utc', '2025-11-25T04:02:29Z'],
    ['now/d', 'utc', '2025-11-25T00:00:00Z'],
    ['now/d', 'America/New_York', '2025-11-25T05:00:00Z'],
    ['now-1d/d', 'Europe/Berlin', '2025-11-23T23:00:00Z'],
    ['now-1M/M', 'Europe/Berlin', '2025-09-30T22:00:00Z'],
    ['now/w', 'utc', '2025-11-24T00:00:00Z'],
    ['now-1d+2h', 'utc', '2025-11-24T12:02:29Z'],
    ['2025-11-03', 'Europe/Berlin', '2025-11-02T23:00:00Z'],
    ['2025-11', 'utc', '2025-11-01T00:00:00Z'],
    ['2025-11-03 14:05', 'utc', '2025-11-03T14:05:00Z'],
    ['2025-11-03T14:05:09', 'America/New_York', '2025-11-03T19:05:09Z'],
    [' 2025-11-03T14:05:09+02:00 ', 'utc', '2025-11-03T12:05:09Z'],
    ['2025-11-03T14:05:09.250Z', 'Europe/Berlin', '2025-11-03T14:05:09.250Z'],
  ])('%s in %s is %s', (text, zone, want) => {
    expect(isoInstant(parseTime(text, zone, now))).toBe(want)
  })

  it.each(['', 'yesterday', 'now-', 'now6h', 'now-6x', '2025-13-01', '2025-02-30', '2025-11-03 24:00', '10.07.2025', 'now-999999y', '0050-01-01'])('refuses %j and says why', (text) => {
    expect(() => parseTime(text, 'utc', now)).toThrow(/time|calendar|too far/)
  })
})

describe('resolveRange', () => {
  it('reaches back to the beginning for all time', () => {
    const range = resolveRange({ from: 'all', to: 'now' }, 'utc', now)
    expect(range).toEqual({ start: 0, end: now, all: true })
    expect(rangeParams(range)).toEqual({ to: '2025-11-25T10:02:29Z' })
  })

  it('refuses a range that ends before it begins', () => {
    expect(() => resolveRange({ from: 'now', to: 'now-1h' }, 'utc', now)).toThrow('ends before it begins')
  })

  it('understands every preset, and knows it again', () => {
    for (const preset of PRESETS) {
      const { start, end } = resolveRange(preset, 'Europe/Berlin', now)
      expect(start).toBeLessThan(end)
      expect(presetOf({ from: preset.from, to: preset.to })).toBe(preset)
    }
  })

  it('reads back what it writes', () => {
    const { start, end } = resolveRange({ from: 'now-1h', to: 'now' }, 'utc', now)
    expect(resolveRange(fromInstants(start, end), 'Asia/Tokyo', 0)).toEqual({ start, end, all: false })
  })
})

describe('steps sideways', () => {
  const hour = 3_600_000
  const range = { start: now - 3 * hour, end: now - 2 * hour, all: false }

  it('shifts by its own length, and not past now', () => {
    expect(shiftRange(range, -1, now)).toEqual({ start: now - 4 * hour, end: now - 3 * hour, all: false })
    expect(shiftRange(range, 1, now)).toEqual({ start: now - 2 * hour, end: now - hour, all: false })
    expect(shiftRange({ ...range, start: now - hour / 2 - hour, end: now - hour / 2 }, 1, now).end).toBe(now)
  })

  it('zooms around the middle, and not past now', () => {
    expect(zoomRange(range, 2, now)).toEqual({ start: now - 3.5 * hour, end: now - 1.5 * hour, all: false })
    expect(zoomRange({ start: now - hour, end: now, all: false }, 2, now)).toEqual({ start: now - 2 * hour, end: now, all: false })
  })

  it('never zooms below a minute', () => {
    const { start, end } = zoomRange({ start: now - 60_000, end: now, all: false }, 0.5, now)
    expect(end - start).toBe(60_000)
  })
})
