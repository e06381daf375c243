// Figures of a resource's life.
import { add } from '@/format/money'
import type { Interval } from './geometry'

export interface Amounts {
  /** By currency. */
  sums: { currency: string; amount: string }[]
  /** Some of the time has no price. */
  unpriced: boolean
}

export function amountsOf(interval: Interval): Amounts {
  const sums = new Map<string, string>()
  for (const { currency, amount } of interval.prices) {
    if (amount !== undefined) sums.set(currency, add(sums.get(currency) ?? '0', amount))
  }
  return { sums: [...sums].map(([currency, amount]) => ({ currency, amount })), unpriced: interval.prices.some((price) => price.unpriced !== undefined) }
}

/** What an hour costs now: of the interval that is open. */
export function rateNow(intervals: readonly Interval[]): { rate: string; currency: string } | undefined {
  const last = intervals.findLast((one) => one.open)?.prices.at(-1)
  return last?.rate_per_hour === undefined ? undefined : { rate: last.rate_per_hour, currency: last.currency }
}

/** Why it has no price now; empty when it has one, or does not run. */
export function unpricedNow(intervals: readonly Interval[]): string {
  return intervals.findLast((one) => one.open)?.prices.at(-1)?.unpriced ?? ''
}
