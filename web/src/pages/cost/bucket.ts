// A bucket of the graph under the reader's eye: its figures beside those of the
// one before.
import { fromNano, toNano } from '@/format/money'
import { bucketAt } from '@/format/stack'
import { bucketsOf, keyOf, perHour, type Bucket, type CostGraph } from './graph'

export interface BucketFigures {
  bucket: Bucket
  before: Bucket | undefined
  after: Bucket | undefined
  currency: string
  amount: string
  /** Per hour, in the mean of the part that is over. */
  rate: string
  rateBefore: string | undefined
  delta: string | undefined
  unpricedSeconds: number
}

/** A key that stands for all series of a currency. */
export function allOf(currency: string): string {
  return `*${currency}`
}

export function currencyOfKey(key: string): string {
  return key.replace(/^\*/, '').split('/')[0] ?? ''
}

/** Undefined where the answer does not reach that time. */
export function figuresAt(graph: CostGraph, time: number, key: string): BucketFigures | undefined {
  const buckets = bucketsOf(graph)
  const at = bucketAt(buckets.map((bucket) => bucket.start), buckets.at(-1)?.end ?? 0, time)
  const bucket = buckets[at]
  if (!bucket) return undefined
  const currency = currencyOfKey(key)
  const series = graph.series.filter((one) => one.currency === currency && (key === allOf(currency) || keyOf(one) === key))
  const amountAt = (i: number) => fromNano(series.reduce((sum, one) => sum + toNano(one.amounts[i] ?? '0'), 0n))
  const before = buckets[at - 1]
  const rate = perHour(amountAt(at), bucket.past)
  const rateBefore = before && perHour(amountAt(at - 1), before.past)
  return {
    bucket,
    before,
    after: buckets[at + 1],
    currency,
    amount: amountAt(at),
    rate,
    rateBefore,
    delta: rateBefore === undefined ? undefined : fromNano(toNano(rate) - toNano(rateBefore)),
    unpricedSeconds: series.reduce((sum, one) => sum + (one.unpriced?.[at] ?? 0), 0),
  }
}
