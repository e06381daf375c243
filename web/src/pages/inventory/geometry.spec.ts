import { describe, expect, it } from 'vitest'
import { axis, lifeOf, move, priceChanges, segments, typesOf, zoom, type Interval } from './geometry'
import { amountsOf, rateNow, unpricedNow } from './resource'

const HOUR = 3_600_000
const at = (hour: number) => new Date(Date.UTC(2026, 10, 20, hour)).toISOString()
const ms = (hour: number) => Date.parse(at(hour))

function interval(start: number, end: number, more: Partial<Interval> = {}): Interval {
  return {
    start: at(start), end: at(end), not_after: at(end), open: false, type: 'm5.large', operation: 'RunInstances', operation_assumed: false,
    tenancy: 'Shared', purchase: 'on-demand', seconds: (end - start) * 3600, prices: [], tags: {}, evidence: [], ...more,
  }
}
const price = (from: number, to: number, rate?: string, currency = 'USD') => ({
  from: at(from), to: at(to), currency, ...(rate === undefined ? { unpriced: 'no rate' } : { rate_per_hour: rate, amount: rate }),
})

describe('the timeline', () => {
  it('reaches from the first start to now while it runs, else to the last that is possible', () => {
    const life = lifeOf([interval(0, 10), interval(12, 20, { open: true })], ms(100))
    expect(life.start).toBe(ms(0) - 2 * HOUR)
    expect(life.end).toBe(ms(100) + 2 * HOUR)
    expect(lifeOf([interval(0, 10, { not_after: at(50) })], ms(100)).end).toBe(ms(50) + HOUR)
    expect(lifeOf([], ms(1))).toEqual({ start: ms(0), end: ms(1) })
  })

  it('places what is sure and what is not, and leaves out what is not shown', () => {
    const all = [interval(0, 10), interval(20, 30, { not_after: at(40), type: 'c5.large' }), interval(200, 210)]
    expect(segments(all, { start: ms(0), end: ms(100) })).toEqual([
      { index: 0, left: 0, width: 10, doubt: 0, type: 0, open: false },
      { index: 1, left: 20, width: 10, doubt: 10, type: 1, open: false },
    ])
    expect(segments(all, { start: ms(25), end: ms(35) })).toEqual([{ index: 1, left: 0, width: 50, doubt: 50, type: 1, open: false }])
    expect(typesOf(all)).toEqual(['m5.large', 'c5.large'])
  })

  it('marks prices that changed while it ran, and no new list with the same price', () => {
    const all = [interval(0, 40, { prices: [price(0, 10, '1'), price(10, 20, '1'), price(20, 30, '2'), price(30, 40)] })]
    expect(priceChanges(all, { start: ms(0), end: ms(40) }).map((mark) => [mark.left, mark.label])).toEqual([[50, '1 → 2 USD'], [75, '2 → no price USD']])
    expect(priceChanges(all, { start: ms(22), end: ms(28) })).toEqual([])
  })

  it('zooms and moves within the life', () => {
    const life = { start: ms(0), end: ms(100) }
    const half = zoom(life, 0.5, life)
    expect(half).toEqual({ start: ms(25), end: ms(75) })
    expect(move(half, 1, life)).toEqual({ start: ms(50), end: ms(100) })
    expect(move(move(half, 1, life), 1, life)).toEqual({ start: ms(50), end: ms(100) })
    expect(move(half, -1, life)).toEqual({ start: ms(0), end: ms(50) })
    expect(zoom(half, 100, life)).toEqual(life)
    const least = zoom(half, 1e-9, life)
    expect(least.end - least.start).toBe(60_000)
  })

  it.each([[3, 'utc'], [50, 'utc'], [24 * 90, 'Europe/Berlin'], [24 * 1200, 'Asia/Kolkata']])('labels %i hours in %s with few, rising, round times', (hours, zone) => {
    const shown = { start: ms(0) + 1234, end: ms(0) + hours * HOUR }
    const marks = axis(shown, zone, 10)
    expect(marks.length).toBeGreaterThan(1)
    expect(marks.length).toBeLessThan(13)
    expect(marks.every((mark, i) => mark.at >= shown.start && mark.at <= shown.end && (i === 0 || mark.at > (marks[i - 1]?.at ?? 0)))).toBe(true)
    expect(marks.every((mark, i) => mark.label !== marks[i - 1]?.label)).toBe(true)
  })

  it('says days at midnight on the zone’s clock, across a change of it', () => {
    const shown = { start: Date.parse('2026-10-23T22:00:00Z'), end: Date.parse('2026-10-27T00:00:00Z') }
    expect(axis(shown, 'Europe/Berlin', 5).map((mark) => new Date(mark.at).toISOString().slice(5, 16))).toEqual(['10-23T22:00', '10-24T22:00', '10-25T23:00', '10-26T23:00'])
  })
})

describe('figures of a life', () => {
  it('adds amounts by currency, exactly', () => {
    const one = interval(0, 1, { prices: [price(0, 1, '0.1'), price(1, 2, '0.2'), price(2, 3, '5', 'CNY'), price(3, 4)] })
    expect(amountsOf(one)).toEqual({ sums: [{ currency: 'USD', amount: '0.3' }, { currency: 'CNY', amount: '5' }], unpriced: true })
  })

  it('has a rate only while it runs', () => {
    const prices = [price(0, 1, '1'), price(1, 2, '2')]
    expect(rateNow([interval(0, 2, { prices, open: true })])).toEqual({ rate: '2', currency: 'USD' })
    expect(rateNow([interval(0, 2, { prices })])).toBeUndefined()
    expect(rateNow([])).toBeUndefined()
    expect(unpricedNow([interval(0, 2, { prices: [price(0, 2)], open: true })])).toBe('no rate')
  })
})
