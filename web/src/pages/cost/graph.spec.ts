import { describe, expect, it } from 'vitest'
import { fromNano, sum, toNano } from '@/format/money'
import { accumulate } from '@/format/stack'
import { allOf, figuresAt } from './bucket'
import { graph, series } from './fixture'
import { axisLabel, closest, cut, formatShare, keyOf, measureOf, perHour, shareOf, tableOf, viewOf, type Measure } from './graph'

const usd = (measure: Measure) => viewOf(graph(), measure).currencies[1]

describe('the graph of the page', () => {
  it('keeps currencies apart, each with its own total and shares', () => {
    const { currencies } = viewOf(graph(), 'cost')
    expect(currencies.map((one) => [one.currency, one.total, one.lines.map((line) => line.key)])).toEqual([
      ['CNY', '28.000000000', ['CNY/cn-north-1']],
      ['USD', '10.100000000', ['USD/eu-west-1', 'USD/us-east-1', 'USD']],
    ])
    expect(currencies[0]?.lines[0]?.share).toBe(1000)
    expect(currencies[1]?.lines.map((line) => line.share)).toEqual([792, 173, 35])
  })

  it('names the rest, and a group of no field', () => {
    expect(viewOf(graph(), 'cost').currencies[1]?.lines.at(-1)).toMatchObject({ label: 'Other', other: true })
    expect(viewOf(graph({ by: [], series: [series([''], ['1', '1', '1', '1'])] }), 'cost').currencies[1]?.lines[0]?.label).toBe('All')
    expect(keyOf({ currency: 'USD', values: ['a', 'b'], other: false })).toBe('USD/a · b')
  })

  it('reads an hour that is not over as a rate', () => {
    expect(usd('cost')?.lines[0]?.amounts).toEqual(['1', '1', '4', '2'])
    expect(usd('rate')?.lines[0]?.amounts.at(-1)).toBe('4.000000000') // 2 in the half hour that is over
  })

  it('chooses the measure by the bucket unless told', () => {
    expect([measureOf('auto', 'hour'), measureOf('auto', 'day'), measureOf('sum', 'hour')]).toEqual(['rate', 'cost', 'sum'])
    expect(axisLabel({ measure: 'cost', step: 'day' }, 'USD')).toBe('USD in each day')
    expect(axisLabel({ measure: 'rate', step: 'day' }, 'USD')).toBe('USD per hour, mean of each day')
    expect(axisLabel({ measure: 'rate', step: 'hour' }, 'CNY')).toBe('CNY per hour')
  })

  it.each(['cost', 'rate', 'sum'] as const)('has the numbers of its chart in its table: %s', (measure) => {
    const view = viewOf(graph(), measure)
    const lines = view.currencies[1]?.lines ?? []
    const rows = tableOf(view, lines)
    for (const line of lines) {
      const drawn = measure === 'sum' ? accumulate(line.amounts).map(fromNano) : line.amounts.map((amount) => fromNano(toNano(amount)))
      expect(rows.map((row) => row.amounts[line.key])).toEqual(drawn)
    }
    for (const row of rows) expect(toNano(row.total)).toBe(toNano(sum(Object.values(row.amounts))))
    expect(rows.map((row) => row.unpricedSeconds)).toEqual([0, 0, 1800, 0])
  })

  it('ends at the total when it is summed up', () => {
    const view = viewOf(graph(), 'sum')
    expect(tableOf(view, view.currencies[1]?.lines ?? []).at(-1)?.total).toBe('10.100000000')
  })
})

describe('exact figures', () => {
  it('are rates rounded to a billionth', () => {
    expect(perHour('1', 10_800)).toBe('0.333333333')
    expect(perHour('2', 10_800)).toBe('0.666666667')
    expect(perHour('-2', 10_800)).toBe('-0.666666667')
    expect(perHour('5', 0)).toBe('0')
    expect(perHour('99999999999.999999999', 3600)).toBe('99999999999.999999999')
  })

  it('are shares, and say when they are too small to see', () => {
    expect(formatShare(shareOf('1', '3'))).toBe('33.3%')
    expect(formatShare(shareOf('0.0001', '3'))).toBe('< 0.1%')
    expect(formatShare(shareOf('1', '0'))).toBe('–')
  })
})

describe('a new range, before the server has answered', () => {
  const at = (hour: number) => Date.UTC(2026, 10, 24, hour)

  it('is cut out of what is at hand', () => {
    const part = cut(graph(), at(1), at(3))
    expect(part.starts).toEqual(['2026-11-24T01:00:00Z', '2026-11-24T02:00:00Z'])
    expect(part.series[1]).toMatchObject({ amounts: ['1', '4'], total: '5.000000000' })
    expect(part.series[2]?.unpriced).toEqual([0, 1800])
    expect(part.totals.map((total) => total.amount)).toEqual(['14.000000000', '6.200000000'])
  })

  it('is empty where nothing is at hand', () => {
    const wide = cut(graph(), at(-2), at(6))
    expect(wide.starts).toHaveLength(6)
    expect([wide.starts[0], wide.starts.at(-1), wide.to]).toEqual(['2026-11-23T22:00:00Z', '2026-11-24T04:00:00Z', '2026-11-24T06:00:00Z'])
    expect(wide.series[1]?.amounts).toEqual(['0', '1', '1', '4', '2', '0'])
    expect(cut(graph(), at(30), at(32)).starts).toEqual([])
  })

  it('cuts within a bucket', () => {
    const days = graph({ step: 'day', starts: ['2026-11-24T00:00:00Z'], to: '2026-11-25T00:00:00Z', series: [series(['eu-west-1'], ['24'])] })
    const part = cut(days, at(6), at(12))
    expect([part.starts, part.to, part.series[0]?.amounts]).toEqual([['2026-11-24T06:00:00Z'], '2026-11-24T12:00:00Z', ['24']])
  })

  it('comes from the answer that reaches furthest, of two from the finer', () => {
    const fine = graph()
    const coarse = graph({ step: 'day' })
    const wide = graph({ step: 'month', from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' })
    expect(closest([coarse, fine, wide], at(1), at(2))).toBe(fine)
    expect(closest([coarse, fine, wide], at(1), at(9))).toBe(wide)
    expect(closest([fine], at(8), at(9))).toBeUndefined()
  })
})

describe('the figures of a bucket', () => {
  const two = Date.UTC(2026, 10, 24, 2)

  it('are those of a series beside the bucket before', () => {
    expect(figuresAt(graph(), two, 'USD/eu-west-1')).toMatchObject({ amount: '4.000000000', rate: '4.000000000', rateBefore: '1.000000000', delta: '3.000000000', unpricedSeconds: 0 })
  })

  it('are those of a currency, and of no other', () => {
    const figures = figuresAt(graph(), two, allOf('USD'))
    expect(figures).toMatchObject({ currency: 'USD', amount: '4.600000000', delta: '3.000000000', unpricedSeconds: 1800 })
    expect(figures?.after?.start).toBe(Date.UTC(2026, 10, 24, 3))
  })

  it('have nothing to compare at the beginning, and are none outside', () => {
    expect(figuresAt(graph(), Date.UTC(2026, 10, 24), allOf('USD'))?.delta).toBeUndefined()
    expect(figuresAt(graph(), Date.UTC(2026, 10, 25), allOf('USD'))).toBeUndefined()
  })
})
