// What the query language says of a group of the graph.
import type { Schemas } from '@/api/client'
import { narrow, term } from '@/format/query'
import { keyOf } from './graph'

/** In the graph these name who launched an instance, among changes who made one. */
export const WHO = ['principal', 'actor']

export const FIELDS = ['account', 'region', 'zone', 'type', 'operation', 'tenancy', 'purchase', 'principal', 'actor', 'service', 'resource'] as const
export const TAG = 'tag.'

/** The fields to group by, as the URL has them; an empty text is no grouping. */
export function fieldsOf(by: string): string[] {
  return by === 'none' ? [] : by.split(',').filter((field) => field !== '')
}

/**
 * The query narrowed to a group; for the rest, to none of those that are shown.
 * Undefined where the key names nothing that is shown.
 */
export function groupQuery(query: string, by: readonly string[], series: readonly Schemas['CostSeries'][], key: string): string | undefined {
  const group = series.find((one) => keyOf(one) === key)
  if (!group) return undefined
  if (!group.other) return by.reduce((text, field, i) => narrow(text, field, group.values[i] ?? ''), query)
  return series.filter((one) => one.currency === group.currency && !one.other).reduce((text, one) => without(text, by, one.values), query)
}

function without(query: string, by: readonly string[], values: readonly string[]): string {
  if (by.length === 1) return narrow(query, by[0] ?? '', values[0] ?? '', true)
  const all = by.map((field, i) => term(field, values[i] ?? '')).join(' ')
  return `${query} -(${all})`.trim()
}

/** Says whether a query means who launched in the graph, and who acted among changes. */
export function namesWho(query: string): boolean {
  return new RegExp(`(^|[\\s(-])(${WHO.join('|')}):`).test(query)
}
