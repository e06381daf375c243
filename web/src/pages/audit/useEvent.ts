// One event with its record, its chain of roles and what conflicts with it.
import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { api, data } from '@/api/client'

/** account may be '' where the id is enough. Events do not change. */
export function useEvent(id: Ref<string>, account: Ref<string>) {
  return useQuery({
    queryKey: computed(() => ['event', id.value, account.value]),
    queryFn: ({ signal }) => data(api.GET('/v1/audit/aws/{id}', { params: { path: { id: id.value }, query: account.value ? { account: account.value } : {} }, signal })),
    staleTime: Infinity,
  })
}
