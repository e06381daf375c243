// How uPlot is told to draw a stacked step area.
import uPlot, { type AlignedData, type Axis, type Options, type Series } from 'uplot'
import { formatAxis } from '@/format/money'
import { toWall, two, zoneName, type Zone } from '@/format/zone'

export interface ChartSeries {
  key: string
  label: string
  /** Decimal strings, one for each bucket. */
  amounts: readonly (string | null)[]
  /** Exact, for the legend. */
  total?: string
  /** The sum of all that have no series of their own: drawn grey. */
  other?: boolean
}

export interface ChartColors {
  line: string
  text: string
}

/** area: steps, for what goes on. bars: one for each bucket, for sums that end with it. */
export type ChartForm = 'area' | 'bars'

const DAY = 86_400_000
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Labels of the time axis; the date is added where a day begins. */
export function timeLabels(splits: readonly number[], step: number, zone: Zone): string[] {
  let day = ''
  return splits.map((ms) => {
    const wall = toWall(ms, zone)
    const date = step >= 28 * DAY ? `${MONTHS[wall.month - 1]} ${wall.year}` : `${MONTHS[wall.month - 1]} ${wall.day}`
    const first = date !== day
    day = date
    if (step >= DAY) return date
    const clock = `${two(wall.hour)}:${two(wall.minute)}`
    return first ? `${clock}\n${date}` : clock
  })
}

export interface ChartHooks {
  /** Asked at every paint: of the series at an index. */
  color: (index: number) => string
  /** Asked at every paint: the stretch to frame. */
  marked: () => { start: number; end: number } | undefined
  hover: (plot: uPlot) => void
  select: (start: number, end: number) => void
}

export interface ChartShape {
  width: number
  height: number
  form: ChartForm
  /** How many series. */
  count: number
}

export function chartOptions({ width, height, form, count }: ChartShape, colors: ChartColors, zone: Zone, currency: string, hooks: ChartHooks): Options {
  const indexes = Array.from({ length: count }, (_, i) => i)
  return {
    width,
    height,
    ms: 1,
    tzDate: (ms) => uPlot.tzDate(new Date(ms), zoneName(zone) === 'UTC' ? 'Etc/UTC' : zoneName(zone)),
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 4 } },
    scales: { x: { time: true }, y: { range: (_, min, max) => [Math.min(0, min * 1.05), max > 0 ? max * 1.06 : min < 0 ? 0 : 1] } },
    axes: [timeAxis(colors, zone), moneyAxis(colors, currency)],
    series: [{}, ...indexes.toReversed().map((i) => seriesOf(form, () => hooks.color(i)))],
    hooks: {
      setCursor: [hooks.hover],
      draw: [(plot) => frame(plot, colors.text, hooks.marked())],
      setSelect: [
        (plot) => {
          if (plot.select.width < 4) return
          hooks.select(plot.posToVal(plot.select.left, 'x'), plot.posToVal(plot.select.left + plot.select.width, 'x'))
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
        },
      ],
    },
  }
}

function frame(plot: uPlot, color: string, stretch: { start: number; end: number } | undefined): void {
  if (!stretch) return
  const { ctx, bbox } = plot
  const [left, right] = [stretch.start, stretch.end].map((ms) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(ms, 'x', true))))
  if (left === undefined || right === undefined || right <= left) return
  ctx.save()
  ctx.strokeStyle = color
  ctx.lineWidth = 2 * devicePixelRatio
  ctx.strokeRect(left, bbox.top, right - left, bbox.height)
  ctx.restore()
}

function seriesOf(form: ChartForm, color: () => string): Series {
  return {
    stroke: color,
    fill: color,
    width: form === 'bars' ? 0 : 1,
    paths: form === 'bars' ? columns : (uPlot.paths.stepped?.({ align: 1 }) ?? null),
    points: { show: false },
  } as Series
}

// As wide as its bucket, less a gap: months and cut buckets have widths of
// their own, which uPlot's bars do not know.
function columns(plot: uPlot, index: number, first: number, last: number): Series.Paths {
  const path = new Path2D()
  const [xs, ys] = [plot.data[0], plot.data[index] ?? []]
  const zero = plot.valToPos(0, 'y', true)
  for (let i = first; i <= last; i++) {
    const left = plot.valToPos(xs[i] ?? 0, 'x', true)
    const width = plot.valToPos(xs[i + 1] ?? xs[i] ?? 0, 'x', true) - left
    const gap = Math.min(4 * devicePixelRatio, width / 6)
    const top = plot.valToPos(ys[i] ?? 0, 'y', true)
    if (width > 0) path.rect(left + gap / 2, top, width - gap, zero - top)
  }
  return { stroke: null, fill: path, clip: null, band: null, gaps: [], flags: 0 }
}

/** A colour of getComputedStyle, mixed with another: part 0 is all of the other. */
export function fade(color: string, other: string, part: number): string {
  const [from, to] = [channels(color), channels(other)]
  if (!from || !to) return color
  return `rgb(${from.map((value, i) => Math.round(value * part + (to[i] ?? 0) * (1 - part))).join(', ')})`
}

function channels(color: string): number[] | undefined {
  const match = /^rgba?\((\d+)[, ]+(\d+)[, ]+(\d+)/.exec(color)
  return match?.slice(1, 4).map(Number)
}

function timeAxis(colors: ChartColors, zone: Zone): Axis {
  return {
    stroke: colors.text,
    font: '11px system-ui, sans-serif',
    size: (_plot, labels) => (labels?.some((label) => label?.includes('\n')) ? 44 : 28),
    space: 72,
    gap: 6,
    grid: { show: false },
    ticks: { stroke: colors.line, width: 1, size: 4 },
    values: (_plot, splits, _axis, _space, step) => timeLabels(splits, step, zone),
  }
}

function moneyAxis(colors: ChartColors, currency: string): Axis {
  return {
    stroke: colors.text,
    font: '11px system-ui, sans-serif',
    size: 60,
    gap: 6,
    space: 44,
    grid: { stroke: colors.line, width: 1 },
    ticks: { show: false },
    values: (_plot, splits) => splits.map((value) => formatAxis(value, currency)),
  }
}

/**
 * The last bucket has a width, too: its height once more at its end. The
 * highest column comes first, because uPlot paints in this order, and each
 * area reaches down to zero.
 */
export function chartData(starts: readonly number[], end: number, tops: readonly (readonly (number | null)[])[]): AlignedData {
  return [[...starts, end], ...tops.toReversed().map((top) => [...top, top.at(-1) ?? null])]
}

/**
 * Colours that stay with their key while a chart lives, however the ranks
 * change: a new key takes the first colour that nobody shown has. 'other' is
 * always the tenth.
 */
export class SeriesColors {
  private readonly taken = new Map<string, number>()

  assign(series: readonly { key: string; other?: boolean }[]): number[] {
    const shown = new Set(series.map((one) => one.key))
    const used = new Set<number>()
    for (const [key, color] of this.taken) {
      if (shown.has(key) && !used.has(color)) used.add(color)
      else this.taken.delete(key)
    }
    return series.map((one) => (one.other ? 9 : this.colorOf(one.key, used)))
  }

  private colorOf(key: string, used: Set<number>): number {
    const known = this.taken.get(key)
    if (known !== undefined) return known
    let color = 0
    while (used.has(color) && color < 8) color++
    used.add(color)
    this.taken.set(key, color)
    return color
  }
}
