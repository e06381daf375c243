// Who pays for what runs: the groups of the summary beside the table.
import type { Schemas } from '@/api/client'
import { compare, isZero, toPixels } from '@/format/money'

export interface Group {
  value: string
  currency: string
  /** Decimal, per hour. */
  amount: string
  /** Instances; undefined where they are not counted. */
  count: number | undefined
  unpriced: boolean
}

/** The words by which rows say that no source states a value. */
const NOTHING = ['unattributed', 'untagged', 'unknown']

export function groupsOfRate(rate: Schemas['CostRate']): Group[] {
  return largestFirst(rate.groups.map((one) => ({ value: one.values[0] ?? '', currency: one.currency, amount: one.rate_per_hour, count: one.count, unpriced: one.unpriced > 0 })))
}

export function groupsOfGraph(graph: Schemas['CostGraph']): Group[] {
  const named = graph.series.filter((one) => !one.other)
  return largestFirst(named.map((one) => ({ value: one.values[0] ?? '', currency: one.currency, amount: one.total, count: undefined, unpriced: one.unpriced_seconds > 0 })))
}

function largestFirst(groups: Group[]): Group[] {
  return groups.toSorted((a, b) => a.currency.localeCompare(b.currency) || compare(b.amount, a.amount) || (b.count ?? 0) - (a.count ?? 0))
}

const HOUR = 3_600_000 // milliseconds

/** The last whole hour that was over: the graph is made of whole hours, and an
 * hour that is cut would be counted as two. */
export function hourBefore(at: number): { from: number; to: number } {
  const to = Math.floor(at / HOUR) * HOUR
  return { from: to - HOUR, to }
}

/** Percent of the largest of its currency. */
export function shareOf(group: Group, all: readonly Group[]): number {
  const largest = all.find((one) => one.currency === group.currency)
  return !largest || isZero(largest.amount) ? 0 : (100 * toPixels(group.amount)) / toPixels(largest.amount)
}

/** The value as a query of the inventory has it: nothing is "". */
export function queryValue(value: string): string {
  return NOTHING.includes(value) ? '' : value
}

/** Fields that the price graph does not know, so that it cannot tell their groups. */
export function onlyOfInventory(query: string): boolean {
  return /(^|[\s(-])(state|since|rate_per_hour):/.test(query)
}
