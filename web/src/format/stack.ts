// Columns of decimal amounts → the heights of a stacked step area. Sums are
// made of whole billionths; a Number appears only as the last step.
import { toNano } from './money'

export interface StackSeries {
  key: string
  amounts: readonly (string | null)[]
}

export interface Stack {
  /** One column per series, in their order, each on top of those before it; null where it is not shown. */
  tops: (number | null)[][]
  /** Exact, in billionths: of each bucket, all shown series together. */
  totals: bigint[]
}

export interface StackOptions {
  cumulative?: boolean
  /** Only this one, from zero. */
  isolated?: string | null
}

export function stack(series: readonly StackSeries[], buckets: number, options: StackOptions = {}): Stack {
  const totals = Array.from({ length: buckets }, () => 0n)
  const tops = series.map((one): (number | null)[] => {
    const hidden = options.isolated != null && options.isolated !== one.key
    return hidden ? totals.map(() => null) : addColumn(totals, one.amounts, options.cumulative === true)
  })
  return { tops, totals }
}

function addColumn(totals: bigint[], amounts: readonly (string | null)[], cumulative: boolean): number[] {
  let running = 0n
  return totals.map((below, i) => {
    const amount = amounts[i]
    const nano = amount == null ? 0n : toNano(amount)
    running = cumulative ? running + nano : nano
    const top = below + running
    totals[i] = top
    return Number(top) / 1e9
  })
}

/** Each amount and those before it, exactly. */
export function accumulate(amounts: readonly (string | null)[]): bigint[] {
  let running = 0n
  return amounts.map((amount) => (running += amount == null ? 0n : toNano(amount)))
}

/** The index of the bucket that holds x, or -1; starts ascend. */
export function bucketAt(starts: readonly number[], end: number, x: number): number {
  if (x >= end) return -1
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) <= x) low = middle + 1
    else high = middle
  }
  return low - 1
}
