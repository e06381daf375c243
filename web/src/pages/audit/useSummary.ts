// The figures around the list: how many events when, and their most frequent
// values. They are asked apart, so that the first rows wait for neither.
import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, ref, type Ref } from 'vue'
import { api, data } from '@/api/client'
import type { Asked } from './useEventList'

export const FACETS: readonly { field: string; title: string }[] = [
  { field: 'source', title: 'Source' },
  { field: 'name', title: 'Name' },
  { field: 'actor', title: 'Actor' },
  { field: 'account', title: 'Account' },
  { field: 'region', title: 'Region' },
  { field: 'error_code', title: 'Error' },
  { field: 'ip', title: 'From' },
  { field: 'read_only', title: 'Reads or writes' },
  { field: 'actor_type', title: 'Kind of actor' },
  { field: 'user_agent', title: 'User agent' },
]
const VALUES = 6
const MANY = 100
const BARS = 120

const paramsOf = ({ q, ...range }: Asked) => ({ ...range, ...(q ? { q } : {}) })

export function useHistogram(asked: Ref<Asked>) {
  return useQuery({
    queryKey: ['audit-histogram', asked],
    queryFn: ({ signal }) => data(api.GET('/v1/audit/aws/histogram', { params: { query: { ...paramsOf(asked.value), buckets: BARS } }, signal })),
    placeholderData: keepPreviousData,
  })
}

export function useFacets(asked: Ref<Asked>, enabled: Ref<boolean>) {
  const opened = ref<string[]>([]) // fields of which many values are shown
  const facets = (fields: Ref<readonly string[]>, limit: number, on: Ref<boolean>) =>
    useQuery({
      queryKey: ['audit-facets', asked, fields, limit],
      queryFn: ({ signal }) => data(api.GET('/v1/audit/aws/facets', { params: { query: { ...paramsOf(asked.value), fields: fields.value.join(','), limit } }, signal })),
      placeholderData: keepPreviousData,
      enabled: on,
    })
  const few = facets(ref(FACETS.map(({ field }) => field)), VALUES, enabled)
  const many = facets(opened, MANY, computed(() => enabled.value && opened.value.length > 0))
  const all = computed(() =>
    FACETS.map(({ field, title }) => {
      const byField = (answer: typeof few.data.value) => answer?.facets.find((facet) => facet.field === field)
      return { field, title, facet: (opened.value.includes(field) ? byField(many.data.value) : undefined) ?? byField(few.data.value) }
    }),
  )
  function showMore(field: string): void {
    opened.value = [...opened.value, field]
  }
  return { all, loading: few.isFetching, error: few.error, refetch: few.refetch, showMore }
}

/** What there is at all, and in the range: asked only when nothing matches. */
export function useWhatThereIs(asked: Ref<Asked>, enabled: Ref<boolean>) {
  return useQuery({
    queryKey: ['audit-what-there-is', computed(() => ({ ...asked.value, q: '' }))],
    queryFn: async ({ signal }) => {
      const { from, to } = asked.value
      const [range, log] = await Promise.all([
        data(api.GET('/v1/audit/aws/count', { params: { query: { to, ...(from ? { from } : {}) } }, signal })),
        data(api.GET('/v1/audit/aws/histogram', { params: { query: { buckets: 1 } }, signal })),
      ])
      return { inRange: range.rows[0]?.count ?? 0, all: log.total, oldest: log.from, newest: log.to }
    },
    enabled,
  })
}
