// The events that match, newest first, page by page. A list holds at most MOST
// rows: what is older is reached by going on from its end, so that memory is
// bounded however long one scrolls or listens.
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { api, data, type Schemas } from '@/api/client'
import { keyOf, type AuditEvent } from './event'

export const MOST = 100_000
/** The first page is small, so that it is there at once. */
const FIRST_PAGE = 100
const PAGE = 500

export interface Asked {
  q: string
  from?: string
  to: string
}

export interface EventList {
  rows: ShallowRef<readonly AuditEvent[]>
  /** Rows of an older question are shown while the new one is asked. */
  loading: Ref<boolean>
  loadingMore: Ref<boolean>
  error: ShallowRef<unknown>
  /** There are older events, and there is room for them. */
  more: Ref<boolean>
  /** There are older events, and no room. */
  full: Ref<boolean>
  loadMore: () => void
  reload: () => void
  /** New events, in any order; those that are there are left out. */
  add: (events: readonly AuditEvent[]) => void
}

type Fetch = (asked: Asked, limit: number, cursor: string | undefined, signal: AbortSignal) => Promise<Schemas['EventPage']>

const fetchPage: Fetch = ({ q, ...range }, limit, cursor, signal) =>
  data(api.GET('/v1/audit/aws', { params: { query: { ...range, limit, ...(q ? { q } : {}), ...(cursor ? { cursor } : {}) } }, signal }))

export function useEventList(asked: Ref<Asked>, fetch: Fetch = fetchPage, most = MOST): EventList {
  const rows = shallowRef<readonly AuditEvent[]>([])
  const error = shallowRef<unknown>()
  const loading = ref(true)
  const loadingMore = ref(false)
  const more = ref(false)
  const full = ref(false)
  let next: string | undefined
  let request: AbortController | undefined
  let share = sharing()

  async function page(limit: number, cursor: string | undefined, take: (answer: Schemas['EventPage']) => void): Promise<void> {
    request?.abort()
    const mine = (request = new AbortController())
    error.value = undefined
    try {
      const answer = await fetch(asked.value, limit, cursor, mine.signal)
      if (!mine.signal.aborted) take(answer)
    } catch (problem) {
      if (!mine.signal.aborted) error.value = problem
    } finally {
      if (request === mine) loading.value = loadingMore.value = false
    }
  }

  function keep(list: readonly AuditEvent[]): void {
    full.value = list.length > most || (list.length === most && next !== undefined)
    rows.value = list.length > most ? list.slice(0, most) : list
    more.value = next !== undefined && !full.value
  }

  function load(): void {
    loading.value = true
    loadingMore.value = false
    void page(FIRST_PAGE, undefined, (answer) => {
      share = sharing()
      next = answer.next
      keep(answer.events.map(share))
    })
  }

  function loadMore(): void {
    if (!more.value || loading.value || loadingMore.value || error.value !== undefined) return
    loadingMore.value = true
    void page(PAGE, next, (answer) => {
      next = answer.next
      keep(rows.value.concat(answer.events.map(share)))
    })
  }

  // Pages to come bring what is older than the last row by themselves.
  function add(events: readonly AuditEvent[]): void {
    const oldest = rows.value.at(-1)
    const open = more.value || full.value
    const wanted = oldest && open ? events.filter((event) => Date.parse(event.time) >= Date.parse(oldest.time)) : events
    keep(mergeNewest(rows.value, wanted.map(share)))
  }

  watch(asked, load, { immediate: true })
  onScopeDispose(() => request?.abort())
  return { rows, loading, loadingMore, error, more, full, loadMore, reload: load, add }
}

/** Newest first; of events that arrive twice one stays. */
export function mergeNewest(rows: readonly AuditEvent[], events: readonly AuditEvent[]): readonly AuditEvent[] {
  if (events.length === 0) return rows
  const times = events.map((event) => Date.parse(event.time))
  const oldest = Math.min(...times)
  let touched = 0
  while (touched < rows.length && Date.parse((rows[touched] as AuditEvent).time) >= oldest) touched++
  const head = rows.slice(0, touched)
  const known = new Set(head.map(keyOf))
  const fresh = events.filter((event) => !known.has(keyOf(event)) && known.add(keyOf(event)))
  if (fresh.length === 0) return rows
  return [...fresh, ...head].toSorted((a, b) => Date.parse(b.time) - Date.parse(a.time)).concat(rows.slice(touched))
}

// Most events repeat the texts of others: each text is kept once.
function sharing(): (event: AuditEvent) => AuditEvent {
  const known = new Map<string, string>()
  const one = (text: string): string => {
    const found = known.get(text)
    if (found !== undefined) return found
    known.set(text, text)
    return text
  }
  return (event) => ({
    ...event,
    account: one(event.account),
    region: one(event.region),
    source: one(event.source),
    name: one(event.name),
    actor: one(event.actor),
    actor_type: one(event.actor_type),
    principal: one(event.principal),
    ip: one(event.ip),
    user_agent: one(event.user_agent),
    error_code: one(event.error_code),
    error_message: one(event.error_message),
  })
}
