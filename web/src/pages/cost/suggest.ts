// Completion of the query on the Cost page: fields, and their values in the
// range that is shown, the most expensive first.
import { api, data } from '@/api/client'
import type { Suggestion } from '@/components/QueryBox.vue'
import { FIELDS, TAG } from './filters'

const SHOWN = 20

export async function suggestCost(field: string, prefix: string, range: { from?: string; to: string }, signal: AbortSignal): Promise<Suggestion[]> {
  if (field === '') return fieldNames(prefix)
  if (!isField(field)) return []
  const query = { by: field, step: 'total' as const, top: 100, ...range }
  const graph = await data(api.GET('/v1/cost/graph', { params: { query }, signal }))
  const values = graph.series.filter((one) => !one.other).map((one) => one.values[0] ?? '')
  return matching([...new Set(values)], prefix)
}

export function fieldNames(prefix: string): Suggestion[] {
  return matching([...FIELDS, TAG], prefix)
}

function isField(field: string): boolean {
  return (FIELDS as readonly string[]).includes(field) || (field.startsWith(TAG) && field.length > TAG.length)
}

function matching(values: readonly string[], prefix: string): Suggestion[] {
  const wanted = prefix.toLowerCase()
  const found = values.filter((value) => value.toLowerCase().includes(wanted))
  const rank = (value: string) => (value.toLowerCase().startsWith(wanted) ? 0 : 1)
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN).map((value) => ({ value }))
}
