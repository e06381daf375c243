// Completion of a query over the inventory: its fields, and the values that
// run now, the most expensive first.
import { api, data } from '@/api/client'
import type { Suggestion } from '@/components/QueryBox.vue'
import { compare } from '@/format/money'

export const FIELDS = ['resource', 'account', 'region', 'zone', 'type', 'operation', 'tenancy', 'purchase', 'state', 'since', 'rate_per_hour', 'principal', 'actor'] as const
const TAG = 'tag.'
const STATES = ['running', 'stopped', 'unknown']
const EXAMPLES: Readonly<Record<string, readonly string[]>> = { state: STATES, rate_per_hour: ['>1', '>0.1', '<0.01', '*'], since: ['>now-1d', '<now-30d', '>now-1h'] }
const SHOWN = 20

export async function suggestInventory(field: string, prefix: string, tags: readonly string[], signal: AbortSignal): Promise<Suggestion[]> {
  if (field === '') return matching([...FIELDS, ...tags.map((key) => TAG + key)], prefix)
  const examples = EXAMPLES[field]
  if (examples) return matching(examples, prefix)
  if (!(FIELDS as readonly string[]).includes(field) && !(field.startsWith(TAG) && field.length > TAG.length)) return []
  const rate = await data(api.GET('/v1/cost/rate', { params: { query: { by: field } }, signal }))
  const groups = rate.groups.toSorted((a, b) => compare(b.rate_per_hour, a.rate_per_hour))
  return matching(groups.map((one) => one.values[0] ?? ''), prefix).map(({ value }) => ({ value, count: countOf(value, rate.groups) }))
}

function countOf(value: string, groups: readonly { values: string[]; count: number }[]): number {
  return groups.filter((one) => one.values[0] === value).reduce((total, one) => total + one.count, 0)
}

function matching(values: readonly string[], prefix: string): Suggestion[] {
  const wanted = prefix.toLowerCase()
  const found = [...new Set(values)].filter((value) => value !== '' && value.toLowerCase().includes(wanted))
  const rank = (value: string) => (value.toLowerCase().startsWith(wanted) ? 0 : 1)
  return found.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN).map((value) => ({ value }))
}
