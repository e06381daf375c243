import { describe, expect, it } from 'vitest'
import { isZone, offsetText, plus, startOf, toInstant, toWall, type Unit, type Wall } from './zone'

function wall(text: string): Wall {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number)
  return { year, month, day, hour, minute, second }
}
const iso = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')

describe('a wall clock as an instant', () => {
  it.each([
    ['Europe/Berlin', '2025-01-15 12:00:00', '2025-01-15T11:00:00Z'],
    ['Europe/Berlin', '2025-07-15 12:00:00', '2025-07-15T10:00:00Z'],
    // 30 March: 02:00 to 03:00 does not exist
    ['Europe/Berlin', '2025-03-30 01:59:59', '2025-03-30T00:59:59Z'],
    ['Europe/Berlin', '2025-03-30 02:30:00', '2025-03-30T01:30:00Z'],
    ['Europe/Berlin', '2025-03-30 03:00:00', '2025-03-30T01:00:00Z'],
    ['Europe/Berlin', '2025-03-30 12:00:00', '2025-03-30T10:00:00Z'],
    // 26 October: 02:00 to 03:00 comes twice; the first holds
    ['Europe/Berlin', '2025-10-26 02:30:00', '2025-10-26T00:30:00Z'],
    ['Europe/Berlin', '2025-10-26 03:00:00', '2025-10-26T02:00:00Z'],
    ['America/New_York', '2025-03-09 02:30:00', '2025-03-09T07:30:00Z'],
    ['America/New_York', '2025-11-02 01:30:00', '2025-11-02T05:30:00Z'],
    ['America/New_York', '2025-11-02 02:00:00', '2025-11-02T07:00:00Z'],
    // Lord Howe's clocks move by half an hour
    ['Australia/Lord_Howe', '2025-01-10 12:00:00', '2025-01-10T01:00:00Z'],
    ['Australia/Lord_Howe', '2025-04-06 01:45:00', '2025-04-05T14:45:00Z'],
    ['Australia/Lord_Howe', '2025-07-10 12:00:00', '2025-07-10T01:30:00Z'],
    ['Australia/Lord_Howe', '2025-10-05 02:15:00', '2025-10-04T15:45:00Z'],
    ['utc', '2025-10-26 02:30:00', '2025-10-26T02:30:00Z'],
  ])('%s %s is %s', (zone, text, want) => {
    expect(iso(toInstant(wall(text), zone))).toBe(want)
  })

  it.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'utc'])('%s: every quarter of an hour of a year comes back', (zone) => {
    const first = Date.UTC(2025, 0, 1)
    let doubles = 0
    for (let ms = first; ms < first + 365 * 86_400_000; ms += 900_000 * 7) {
      const back = toInstant(toWall(ms, zone), zone)
      // Of a reading that comes twice the first is meant: then an hour or half of one before.
      if (back !== ms) {
        doubles++
        expect([1_800_000, 3_600_000]).toContain(ms - back)
      }
    }
    expect(doubles).toBeLessThan(3)
  })
})

it('writes the offset', () => {
  expect(offsetText(Date.UTC(2025, 6, 1), 'Europe/Berlin')).toBe('+02:00')
  expect(offsetText(Date.UTC(2025, 0, 1), 'America/New_York')).toBe('-05:00')
  expect(offsetText(Date.UTC(2025, 6, 1), 'Australia/Lord_Howe')).toBe('+10:30')
  expect(offsetText(0, 'utc')).toBe('Z')
})

it('knows zones from words', () => {
  expect(['utc', 'browser', 'Europe/Berlin', 'Europe/Atlantis', ''].map(isZone)).toEqual([true, true, true, false, false])
})

describe('moving on the calendar', () => {
  it.each([
    ['2025-03-29T11:00:00Z', 1, 'd', 'Europe/Berlin', '2025-03-30T10:00:00Z'], // 23 hours
    ['2025-10-25T10:00:00Z', 1, 'd', 'Europe/Berlin', '2025-10-26T11:00:00Z'], // 25 hours
    ['2025-10-25T10:00:00Z', 24, 'h', 'Europe/Berlin', '2025-10-26T10:00:00Z'],
    ['2025-01-31T12:00:00Z', 1, 'M', 'utc', '2025-02-28T12:00:00Z'],
    ['2024-02-29T12:00:00Z', 1, 'y', 'utc', '2025-02-28T12:00:00Z'],
    ['2025-01-15T00:00:00Z', -1, 'M', 'utc', '2024-12-15T00:00:00Z'],
    ['2025-01-15T00:00:00.250Z', -2, 'w', 'utc', '2025-01-01T00:00:00.250Z'],
  ] as [string, number, Unit, string, string][])('%s %d %s in %s', (from, count, unit, zone, want) => {
    expect(iso(plus(Date.parse(from), count, unit, zone))).toBe(want)
  })

  it.each([
    ['2025-10-26T12:34:56Z', 'd', 'Europe/Berlin', '2025-10-25T22:00:00Z'],
    ['2025-10-26T12:34:56Z', 'w', 'Europe/Berlin', '2025-10-19T22:00:00Z'],
    ['2025-10-26T12:34:56Z', 'M', 'Europe/Berlin', '2025-09-30T22:00:00Z'],
    ['2025-10-26T12:34:56Z', 'y', 'Europe/Berlin', '2024-12-31T23:00:00Z'],
    ['2025-10-26T01:34:56Z', 'h', 'Europe/Berlin', '2025-10-26T01:00:00Z'], // the second 02:34
    ['2025-10-26T00:34:56Z', 'h', 'Europe/Berlin', '2025-10-26T00:00:00Z'],
    ['2025-07-01T00:10:00Z', 'h', 'Australia/Lord_Howe', '2025-06-30T23:30:00Z'],
  ] as [string, Unit, string, string][])('the %s %s begins', (at, unit, zone, want) => {
    expect(iso(startOf(Date.parse(at), unit, zone))).toBe(want)
  })
})
