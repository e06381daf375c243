// The graph of the page: what is at hand is cut to a new range and shown at
// once, the server's answer takes its place.
import { useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, nextTick } from 'vue'
import { api, data } from '@/api/client'
import type { TimeRangeState } from '@/composables/useTimeRange'
import { isRelative } from '@/format/range'
import { fieldsOf } from './filters'
import { closest, cut, measureOf, viewOf, type CostGraph } from './graph'
import type { CostState } from './state'

/** Milliseconds between looks at a range that moves with the clock. */
const MOVES_ON = 30_000

export function useCostGraph(state: CostState, time: TimeRangeState) {
  const client = useQueryClient()
  const asked = computed(() => ({ by: fieldsOf(state.values.value.by).join(','), step: state.values.value.step, q: state.values.value.q }))
  // The range as typed is the key, so that Back to "now-7d" finds its answer.
  const typed = computed(() => ({ ...time.range.value, zone: time.zone.value }))

  // Called by the query on a change of its key, before anything is fetched.
  function atHand(before: CostGraph | undefined): CostGraph | undefined {
    const { start, end, all } = time.resolved.value
    if (all) return before
    const { by, q } = asked.value
    const known = client.getQueriesData<CostGraph>({ queryKey: ['cost-graph', by, q] }).flatMap(([, graph]) => graph ?? [])
    const source = closest(known, start, end)
    return source ? cut(source, start, end) : before
  }

  const query = useQuery<CostGraph>({
    queryKey: computed(() => ['cost-graph', asked.value.by, asked.value.q, asked.value.step, typed.value]),
    queryFn: ({ signal }) => {
      time.refresh()
      return data(api.GET('/v1/cost/graph', { params: { query: { ...asked.value, ...time.params.value } }, signal }))
    },
    placeholderData: atHand,
    shallow: true, // an answer is replaced, never changed; its cells are many
    refetchInterval: computed(() => (isRelative(time.range.value) ? MOVES_ON : false)),
  })
  const answer = computed(() => query.data.value)
  const view = computed(() => answer.value && viewOf(answer.value, measureOf(state.values.value.show, answer.value.step)))
  return { ...query, answer, view, refining: query.isPlaceholderData }
}

/**
 * Measures from now to the paint that follows what run changes; the entry is
 * named "cost: gesture to paint" in the browser's performance timeline.
 */
export async function timed(run: () => void): Promise<void> {
  const start = performance.now()
  run()
  await nextTick()
  requestAnimationFrame(() => {
    // A task that a frame posts runs after that frame was painted.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      performance.measure('cost: gesture to paint', { start, end: performance.now() })
      port1.close()
    }
    port2.postMessage(null)
  })
}
