// The answer of /v1/cost/graph → what the page draws and lists. Money stays a
// decimal string; sums and rates are made of whole billionths.
import type { Schemas } from '@/api/client'
import { fromNano, toNano } from '@/format/money'
import { nameOf } from '@/format/principal'

export type CostGraph = Schemas['CostGraph']
export type Step = CostGraph['step']
/** cost: what a bucket cost. rate: the same for each hour of it. sum: and all before. */
export type Measure = 'cost' | 'rate' | 'sum'

export interface Bucket {
  /** Milliseconds; end is not included. */
  start: number
  end: number
  /** Seconds of it that are over: fewer than its length while it lasts. */
  past: number
}

export interface CostLine {
  key: string
  label: string
  values: readonly string[]
  other: boolean
  /** As measured, one for each bucket. */
  amounts: readonly string[]
  /** What it cost in the whole range, whatever the measure. */
  total: string
  /** Of the currency's total, in tenths of a percent; undefined where that is zero. */
  share: number | undefined
  seconds: number
  unpricedSeconds: number
  /** Seconds without a price, one for each bucket. */
  unpriced: readonly number[]
}

/** Money of two currencies is never added: each has a chart of its own. */
export interface CurrencyGraph {
  currency: string
  total: string
  seconds: number
  unpricedSeconds: number
  lines: CostLine[]
}

export interface GraphView {
  step: Step
  by: readonly string[]
  measure: Measure
  buckets: readonly Bucket[]
  starts: readonly number[]
  end: number
  currencies: CurrencyGraph[]
}

const HOUR = 3_600_000

/** What is shown where the reader has not chosen: an hour is a rate already. */
export function measureOf(chosen: Measure | 'auto', step: Step): Measure {
  return chosen === 'auto' ? (step === 'hour' ? 'rate' : 'cost') : chosen
}

export function viewOf(graph: CostGraph, measure: Measure): GraphView {
  const buckets = bucketsOf(graph)
  return {
    step: graph.step,
    by: graph.by,
    measure,
    buckets,
    starts: buckets.map((bucket) => bucket.start),
    end: buckets.at(-1)?.end ?? Date.parse(graph.to),
    currencies: graph.totals.map((total) => currencyOf(graph, total, buckets, measure)),
  }
}

export function bucketsOf(graph: CostGraph): Bucket[] {
  const starts = graph.starts.map((start) => Date.parse(start))
  const now = Date.parse(graph.fresh.now)
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? Date.parse(graph.to)
    return { start, end, past: Math.max(0, Math.round((Math.min(end, now) - start) / 1000)) }
  })
}

function currencyOf(graph: CostGraph, total: Schemas['Total'], buckets: readonly Bucket[], measure: Measure): CurrencyGraph {
  const series = graph.series.filter((one) => one.currency === total.currency)
  return {
    currency: total.currency,
    total: total.amount,
    seconds: total.seconds,
    unpricedSeconds: total.unpriced_seconds,
    lines: series.map((one) => lineOf(one, total.amount, buckets, measure)),
  }
}

function lineOf(series: Schemas['CostSeries'], total: string, buckets: readonly Bucket[], measure: Measure): CostLine {
  return {
    key: keyOf(series),
    label: labelOf(series),
    values: series.values,
    other: series.other,
    amounts: measure === 'rate' ? series.amounts.map((amount, i) => perHour(amount, buckets[i]?.past ?? 0)) : series.amounts,
    total: series.total,
    share: shareOf(series.total, total),
    seconds: series.seconds,
    unpricedSeconds: series.unpriced_seconds,
    unpriced: series.unpriced ?? [],
  }
}

/** "USD/m5.large"; the currency alone is the rest of it. */
export function keyOf(series: { currency: string; values: readonly string[]; other: boolean }): string {
  return series.other ? series.currency : `${series.currency}/${series.values.join(' · ')}`
}

export function labelOf(series: { values: readonly string[]; other: boolean }): string {
  if (series.other) return 'Other'
  return series.values.map(shorten).join(' · ') || 'All'
}

// What tells principals apart comes first, where it is not cut off.
function shorten(value: string): string {
  const account = /^arn:[^:]*:[^:]*:[^:]*:(\d+):/.exec(value)?.[1]
  return account ? `${nameOf(value)} (${account})` : nameOf(value)
}

/** The mean rate over seconds, rounded to a billionth, half away from zero. */
export function perHour(amount: string, seconds: number): string {
  if (seconds <= 0) return '0'
  const units = toNano(amount) * 3600n
  const by = BigInt(seconds)
  const half = units < 0n ? -by / 2n : by / 2n
  return fromNano((units + half) / by)
}

/** Tenths of a percent. */
export function shareOf(part: string, whole: string): number | undefined {
  const all = toNano(whole)
  return all === 0n ? undefined : Number((toNano(part) * 1000n + all / 2n) / all)
}

export function formatShare(share: number | undefined): string {
  if (share === undefined) return '–'
  if (share === 0) return '< 0.1%'
  return `${Math.floor(share / 10)}.${share % 10}%`
}

/**
 * As much of an answer as another range shows, for the paint before the server
 * has answered. What the answer does not reach is empty; a bucket that is cut
 * keeps its whole amount.
 */
export function cut(graph: CostGraph, from: number, to: number): CostGraph {
  const start = Math.floor(from / HOUR) * HOUR
  const end = Math.ceil(to / HOUR) * HOUR
  const kept = bucketsOf(graph)
    .map((bucket, i) => ({ ...bucket, i }))
    .filter((bucket) => bucket.end > start && bucket.start < end)
  const first = kept[0]
  const before = first !== undefined && first.start > start ? [start] : []
  const after = first !== undefined && (kept.at(-1)?.end ?? end) < end ? [kept.at(-1)?.end ?? end] : []
  const column = <T>(values: readonly T[], nothing: T): T[] => [
    ...before.map(() => nothing),
    ...kept.map((bucket) => values[bucket.i] ?? nothing),
    ...after.map(() => nothing),
  ]
  const series = graph.series.map((one) => cutSeries(one, column))
  return {
    ...graph,
    from: iso(start),
    to: iso(end),
    starts: [...before.map(iso), ...kept.map((bucket) => (bucket.start < start ? iso(start) : (graph.starts[bucket.i] ?? ''))), ...after.map(iso)],
    series,
    totals: graph.totals.map((total) => ({ ...total, amount: fromNano(sumNano(series.filter((one) => one.currency === total.currency).map((one) => one.total))) })),
  }
}

function cutSeries(series: Schemas['CostSeries'], column: <T>(values: readonly T[], nothing: T) => T[]): Schemas['CostSeries'] {
  const amounts = column(series.amounts, '0')
  const unpriced = series.unpriced && column(series.unpriced, 0)
  return { ...series, amounts, total: fromNano(sumNano(amounts)), ...(unpriced ? { unpriced } : {}) }
}

function sumNano(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => sum + toNano(amount), 0n)
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}

/** Of answers, the one that shows the most of a range; of two the finer. */
export function closest(graphs: readonly CostGraph[], from: number, to: number): CostGraph | undefined {
  const order: Step[] = ['hour', 'day', 'month', 'total']
  const overlap = (graph: CostGraph) => Math.min(to, Date.parse(graph.to)) - Math.max(from, Date.parse(graph.from))
  return graphs
    .filter((graph) => overlap(graph) > 0)
    .toSorted((a, b) => overlap(b) - overlap(a) || order.indexOf(a.step) - order.indexOf(b.step))[0]
}

const UNIT: Record<Step, string> = { hour: 'hour', day: 'day', month: 'month', total: 'range' }

/** What a height means, in words: the axis label. */
export function axisLabel(view: Pick<GraphView, 'measure' | 'step'>, currency: string): string {
  const unit = UNIT[view.step]
  if (view.measure === 'sum') return `${currency} since the beginning of the range`
  if (view.measure === 'cost') return `${currency} in each ${unit}`
  return view.step === 'hour' ? `${currency} per hour` : `${currency} per hour, mean of each ${unit}`
}

export interface TableRow {
  bucket: Bucket
  /** By key, and their sum; as the chart draws them. */
  amounts: Record<string, string>
  total: string
  unpricedSeconds: number
}

/** The same numbers as the chart's, a row for each bucket. */
export function tableOf(view: GraphView, lines: readonly CostLine[]): TableRow[] {
  const sums = lines.map(() => 0n)
  return view.buckets.map((bucket, i) => {
    const nanos = lines.map((line, k) => {
      const nano = toNano(line.amounts[i] ?? '0')
      sums[k] = (sums[k] ?? 0n) + nano
      return view.measure === 'sum' ? (sums[k] ?? 0n) : nano
    })
    return {
      bucket,
      amounts: Object.fromEntries(lines.map((line, k) => [line.key, fromNano(nanos[k] ?? 0n)])),
      total: fromNano(nanos.reduce((sum, nano) => sum + nano, 0n)),
      unpricedSeconds: lines.reduce((sum, line) => sum + (line.unpriced[i] ?? 0), 0),
    }
  })
}
