// Completion of the audit query: names of fields, and values with how many of
// the events that the rest of the query leaves have them.
import { api, data } from '@/api/client'
import type { Suggestion } from '@/components/QueryBox.vue'
import { withoutField } from './fields'

const SHOWN = 20

/** query: what holds, or '' where that has a mistake. */
export async function suggestAudit(field: string, prefix: string, query: string, range: { from?: string; to: string }, signal: AbortSignal): Promise<readonly Suggestion[]> {
  const rest = withoutField(query, field)
  const asked = { ...(field ? { field } : {}), prefix, ...(rest ? { q: rest } : {}), ...range, limit: SHOWN }
  const answer = await data(api.GET('/v1/audit/aws/suggest', { params: { query: asked }, signal }))
  return answer.suggestions
}
