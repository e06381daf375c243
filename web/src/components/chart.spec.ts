import { afterEach, describe, expect, it, vi } from 'vitest'
import type uPlot from 'uplot'
import { chartOptions, fade, type ChartHooks, type ChartForm } from './chart'

vi.mock('uplot', () => ({ default: { paths: {} } }))
afterEach(() => vi.unstubAllGlobals())

class FakePath {
  rects: number[][] = []
  rect(...box: number[]): void {
    this.rects.push(box)
  }
}

function optionsOf(form: ChartForm, hooks: Partial<ChartHooks> = {}) {
  const all: ChartHooks = { color: (i) => `color ${i}`, marked: () => undefined, hover: () => {}, select: () => {}, ...hooks }
  return chartOptions({ width: 400, height: 200, form, count: 2 }, { line: 'grey', text: 'black' }, 'utc', 'USD', all)
}

describe('how uPlot is told to draw', () => {
  it('paints the highest first, in the colour that holds at that moment', () => {
    let color = 'blue'
    const [, top, bottom] = optionsOf('area', { color: (i) => `${color} ${i}` }).series
    const fill = (series: typeof top) => (series?.fill as () => string)()
    expect([fill(top), fill(bottom)]).toEqual(['blue 1', 'blue 0'])
    color = 'faded'
    expect(fill(top)).toBe('faded 1')
  })

  it('gives each bar the width of its bucket, and none to the end', () => {
    vi.stubGlobal('Path2D', FakePath)
    vi.stubGlobal('devicePixelRatio', 1)
    const plot = { data: [[0, 60, 180, 200], [5, 0, null, 9]], valToPos: (value: number, axis: string) => (axis === 'x' ? value : 100 - value) } as unknown as uPlot
    const paths = optionsOf('bars').series[1]?.paths as unknown as (plot: uPlot, index: number, first: number, last: number) => { fill: FakePath }
    expect(paths(plot, 1, 0, 3).fill.rects).toEqual([
      [2, 95, 56, 5],
      [62, 100, 116, 0],
      [180 + 20 / 12, 100, 20 - 20 / 6, 0],
    ])
  })

  it('frames a stretch, cut to what is shown', () => {
    const ctx = { save: vi.fn(), restore: vi.fn(), strokeRect: vi.fn() }
    const plot = { ctx, bbox: { left: 10, top: 5, width: 100, height: 50 }, valToPos: (value: number) => value } as unknown as uPlot
    const draw = (start: number, end: number) => optionsOf('area', { marked: () => ({ start, end }) }).hooks?.draw?.[0]?.(plot)
    draw(20, 40)
    draw(90, 200)
    draw(300, 400)
    expect(ctx.strokeRect.mock.calls).toEqual([[20, 5, 20, 50], [90, 5, 20, 50]])
  })

  it('fades towards another colour', () => {
    expect(fade('rgb(200, 100, 0)', 'rgb(0, 0, 0)', 0.25)).toBe('rgb(50, 25, 0)')
    expect(fade('rgba(200 100 0 / 1)', 'rgb(0, 0, 100)', 0.5)).toBe('rgb(100, 50, 50)')
    expect(fade('orange', 'rgb(0, 0, 0)', 0.5)).toBe('orange')
  })
})
