// What the page hears while it is open: the run-rate at once, and now and then
// that the graph has changed.
import { useQueryClient } from '@tanstack/vue-query'
import { onScopeDispose, shallowRef } from 'vue'
import type { Schemas } from '@/api/client'
import { useStream, type StreamOptions } from '@/composables/useStream'

/** Milliseconds between two looks at the server, however often it changes. */
export const PACE = 5_000
const KEYS = [['cost-graph'], ['cost-rate'], ['cost-changes']]

export function useLiveCost(options: Pick<StreamOptions, 'open'> = {}) {
  const client = useQueryClient()
  const totals = shallowRef<Schemas['RateGroup'][]>()
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    timer = undefined
    for (const queryKey of KEYS) void client.invalidateQueries({ queryKey, refetchType: 'active' })
  }
  const stream = useStream({
    topics: ['cost'],
    on: {
      cost: (message) => {
        totals.value = message.totals
        timer ??= setTimeout(look, PACE)
      },
    },
    onReconnect: look,
    ...options,
  })
  onScopeDispose(() => clearTimeout(timer))
  return { state: stream.state, totals }
}
