// The live tail: new events go into the list at once, or wait while somebody
// reads, so that nothing moves under their eyes.
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useNow } from '@/composables/useNow'
import { useStream, type StreamOptions, type StreamState } from '@/composables/useStream'
import type { AuditEvent } from './event'
import { mergeNewest } from './useEventList'

/** Further events that wait are counted as missed: the server has them. */
export const MOST_WAITING = 5_000
/** Of the rate, in milliseconds. */
const WINDOW = 10_000

export interface Tail {
  state: ComputedRef<StreamState>
  waiting: ShallowRef<readonly AuditEvent[]>
  /** Events that matched and did not come: too many at once. */
  skipped: Ref<number>
  /** The connection broke: nobody knows how many did not come. */
  lost: Ref<boolean>
  /** Events per second, those that were skipped too. */
  rate: ComputedRef<number>
  flush: () => void
  /** Forgets what waits and what was missed: the list has been read anew. */
  reset: () => void
}

export interface TailOptions extends Pick<StreamOptions, 'open'> {
  query: Ref<string>
  enabled: Ref<boolean>
  /** New events wait. */
  held: Ref<boolean>
  add: (events: readonly AuditEvent[]) => void
}

export function useTail({ query, enabled, held, add, ...options }: TailOptions): Tail {
  const waiting = shallowRef<readonly AuditEvent[]>([])
  const skipped = ref(0)
  const lost = ref(false)
  const arrivals = shallowRef<readonly { at: number; count: number }[]>([])
  const { now, refresh } = useNow(1_000)

  function take(events: readonly AuditEvent[], left: number): void {
    refresh()
    arrivals.value = [...arrivals.value.filter(({ at }) => at > now.value - WINDOW), { at: now.value, count: events.length + left }]
    skipped.value += left
    if (!held.value) return add(events)
    const all = mergeNewest(waiting.value, events)
    skipped.value += Math.max(0, all.length - MOST_WAITING)
    waiting.value = all.slice(0, MOST_WAITING)
  }

  function flush(): void {
    if (waiting.value.length === 0) return
    add(waiting.value)
    waiting.value = []
  }

  function reset(): void {
    waiting.value = arrivals.value = []
    skipped.value = 0
    lost.value = false
  }

  const stream = useStream({
    topics: ['audit'],
    query,
    enabled,
    on: { event: (message) => take(message.events, message.skipped) },
    onReconnect: () => (lost.value = true),
    ...options,
  })
  const rate = computed(() => arrivals.value.reduce((sum, { at, count }) => sum + (at > now.value - WINDOW ? count : 0), 0) / (WINDOW / 1000))

  watch(held, (now) => !now && flush())
  watch([query, enabled], reset)
  return { state: stream.state, waiting, skipped, lost, rate, flush, reset }
}
