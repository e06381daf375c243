import { mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { chartData, SeriesColors, timeLabels, type ChartSeries } from './chart'
import StepChart from './StepChart.vue'

// happy-dom has no canvas; what is drawn is looked at in a browser.
const { FakePlot, plots } = vi.hoisted(() => {
  const made: unknown[] = []
  class FakePlot {
    static paths = {}
    cursor = { left: -10 }
    bbox = { left: 0 }
    destroyed = false
    over = document.createElement('div')
    setData = vi.fn()
    setSize = vi.fn()
    setCursor = vi.fn()
    constructor(
      readonly options: { series: unknown[] },
      readonly data: number[][],
      host: HTMLElement,
    ) {
      host.append(this.over)
      made.push(this)
    }
    posToVal(at: number, axis: string): number {
      return axis === 'x' ? at : 100 - at
    }
    valToPos(value: number): number {
      return value
    }
    destroy(): void {
      this.destroyed = true
    }
  }
  return { FakePlot, plots: made as InstanceType<typeof FakePlot>[] }
})
vi.mock('uplot', () => ({ default: FakePlot }))

const series: ChartSeries[] = [
  { key: 'a', label: 'Production', amounts: ['10', '20', '30'], total: '60' },
  { key: 'b', label: 'Staging', amounts: ['5', '0', null], total: '5' },
  { key: 'rest', label: 'other', amounts: ['1', '1', '1'], total: '3', other: true },
]
const last = () => plots.at(-1) as InstanceType<typeof FakePlot>

function setUp(props: Record<string, unknown> = {}) {
  const chart = mount(StepChart, { props: { label: 'Cost', starts: [0, 60_000, 120_000], end: 180_000, series, ...props }, slots: { table: '<table></table>' } })
  return { chart, press: (key: string, shiftKey = false) => chart.get('[role=application]').trigger('keydown', { key, shiftKey }) }
}
beforeEach(() => plots.splice(0))

describe('StepChart', () => {
  it('hands uPlot exact stacks, the highest first, the last bucket with its width', () => {
    setUp()
    expect(last().data).toEqual([[0, 60_000, 120_000, 180_000], [16, 21, 31, 31], [15, 20, 30, 30], [10, 20, 30, 30]])
    expect(last().options.series).toHaveLength(4)
  })

  it('isolates by the legend, and shows all again', async () => {
    const { chart } = setUp()
    const button = chart.findAll('.legend button')[1]
    await button?.trigger('click')
    expect(chart.emitted('update:isolated')).toEqual([['b']])
    await chart.setProps({ isolated: 'b' })
    expect(button?.attributes('aria-pressed')).toBe('true')
    expect(last().setData.mock.calls.at(-1)?.[0][2]).toEqual([5, 0, 0, 0])
    await button?.trigger('click')
    expect(chart.emitted('update:isolated')?.at(-1)).toEqual([null])
  })

  it('is read by key', async () => {
    const { chart, press } = setUp()
    await press('ArrowRight')
    expect(chart.get('[role=status]').text()).toBe('1970-01-01 00:00: $16.00. Production $10.00, Staging $5.00, other $1.00')
    await press('End')
    expect(chart.get('.tip-head').text()).toBe('1970-01-01 00:02$31.00')
    expect(chart.findAll('.tip-row')).toHaveLength(2) // what is nothing is left out
    await press('Enter')
    expect(chart.emitted('step')).toEqual([[{ time: 120_000, start: 120_000, end: 180_000 }]])
    await press('Escape')
    expect(chart.find('.tip').exists()).toBe(false)
  })

  it('zooms and shifts by key and button', async () => {
    const { chart, press } = setUp()
    await press('+')
    await press('-')
    await press('ArrowLeft', true)
    await press('ArrowRight', true)
    await chart.get('[aria-label="Zoom in"]').trigger('click')
    expect(chart.emitted('zoom')).toEqual([[0.5], [2], [0.5]])
    expect(chart.emitted('shift')).toEqual([[-1], [1]])
  })

  it('says which step was clicked, and in whose area', async () => {
    const { chart } = setUp()
    const click = new MouseEvent('click', { bubbles: true })
    Object.defineProperties(click, { offsetX: { value: 30_000 }, offsetY: { value: 88 } }) // 12 is between 10 and 15
    last().over.dispatchEvent(click)
    expect(chart.emitted('step')).toEqual([[{ time: 30_000, start: 0, end: 60_000, key: 'b' }]])
  })

  it('sums up exactly', async () => {
    const { chart, press } = setUp({ cumulative: true, series: [{ key: 'a', label: 'A', amounts: ['0.1', '0.2', '0.3'] }] })
    await press('End')
    expect(chart.get('.tip-head strong').text()).toBe('$0.60')
  })

  it('gives way to the table, and cleans up', async () => {
    const { chart } = setUp()
    const plot = last()
    await chart.setProps({ table: true })
    expect(plot.destroyed).toBe(true)
    expect(chart.find('table').exists()).toBe(true)
    await chart.setProps({ table: false })
    chart.unmount()
    expect(plots.every((one) => one.destroyed)).toBe(true)
  })
})

describe('colours', () => {
  const of = (...keys: string[]) => keys.map((key) => ({ key, other: key === 'other' }))

  it('stay with their key when ranks change', () => {
    const colors = new SeriesColors()
    expect(colors.assign(of('a', 'b', 'c', 'other'))).toEqual([0, 1, 2, 9])
    expect(colors.assign(of('c', 'a', 'other'))).toEqual([2, 0, 9])
    expect(colors.assign(of('c', 'd', 'a'))).toEqual([2, 1, 0])
  })

  it('are all different up to nine', () => {
    expect(new Set(new SeriesColors().assign(of(...'abcdefghi', 'other'))).size).toBe(10)
  })
})

describe('the time axis', () => {
  const hour = 3_600_000
  const midnight = Date.parse('2025-11-24T23:00:00Z')

  it('shows the date where a day begins, on the zone’s clock', () => {
    expect(timeLabels([midnight - hour, midnight, midnight + hour], hour, 'Europe/Berlin')).toEqual(['23:00\nNov 24', '00:00\nNov 25', '01:00'])
    expect(timeLabels([midnight + hour], 24 * hour, 'utc')).toEqual(['Nov 25'])
    expect(timeLabels([midnight + hour], 31 * 24 * hour, 'utc')).toEqual(['Nov 2025'])
  })

  it('has no data without buckets', () => {
    expect(chartData([], 10, [[]])).toEqual([[10], [null]])
  })
})
