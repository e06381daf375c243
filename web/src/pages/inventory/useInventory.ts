// What ran at a moment, by pages that are all of the same moment.
import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { api, data, type Schemas } from '@/api/client'
import type { SORTS } from './state'

export interface InventoryAsked {
  q: string
  /** RFC 3339; empty for now. */
  at: string
  sort: (typeof SORTS)[number]
  order: 'asc' | 'desc'
}

interface NextPage {
  cursor: string
  at: string
}

const PAGE = 300
/** A list of more pages than these is not fetched anew by itself. */
const FOLLOWED = 2
const EVERY = 15_000 // milliseconds

export function useInventory(asked: MaybeRefOrGetter<InventoryAsked>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => ['inventory', toValue(asked)]),
    queryFn: ({ signal, pageParam }) => data(api.GET('/v1/inventory', { params: { query: parameters(toValue(asked), pageParam) }, signal })),
    initialPageParam: undefined as NextPage | undefined,
    getNextPageParam: (page): NextPage | undefined => (page.next ? { cursor: page.next, at: page.at } : undefined),
    placeholderData: keepPreviousData,
    shallow: true,
    refetchOnWindowFocus: (one) => follows(one.state.data),
    refetchInterval: (one) => (toValue(asked).at === '' && follows(one.state.data) ? EVERY : false),
  })
  const pages = computed(() => query.data.value?.pages ?? [])
  const first = computed(() => pages.value[0])
  return {
    query,
    first,
    rows: computed(() => pages.value.flatMap((page) => page.instances)),
    following: computed(() => toValue(asked).at === '' && pages.value.length <= FOLLOWED),
  }
}

function follows(known: { pages: Schemas['InventoryPage'][] } | undefined): boolean {
  return (known?.pages.length ?? 0) <= FOLLOWED
}

function parameters(asked: InventoryAsked, next: NextPage | undefined) {
  const at = next?.at ?? asked.at
  return { sort: asked.sort, order: asked.order, limit: PAGE, ...(asked.q ? { q: asked.q } : {}), ...(at ? { at } : {}), ...(next ? { cursor: next.cursor } : {}) }
}
