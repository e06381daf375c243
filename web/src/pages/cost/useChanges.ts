// The changes of a stretch of time, ranked by money.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, data } from '@/api/client'

export interface ChangesAsked {
  q: string
  /** RFC 3339; left out for all time. */
  from?: string
  to: string
  limit: number
}

/** key names the stretch where its instants move with the clock. */
export function useChanges(asked: MaybeRefOrGetter<ChangesAsked>, { key = '', enabled = true }: { key?: MaybeRefOrGetter<string>; enabled?: MaybeRefOrGetter<boolean> } = {}) {
  return useQuery({
    queryKey: computed(() => {
      const { q, limit, from, to } = toValue(asked)
      return ['cost-changes', q, limit, toValue(key) || `${from}|${to}`]
    }),
    queryFn: ({ signal }) => data(api.GET('/v1/cost/changes', { params: { query: toValue(asked) }, signal })),
    placeholderData: keepPreviousData,
    shallow: true,
    enabled: computed(() => toValue(enabled)),
  })
}
