// What happens, as it happens: /v1/stream, whose connection comes back by
// itself, and whose state a page can show.
import { computed, onScopeDispose, ref, toValue, watch, type ComputedRef, type MaybeRefOrGetter, type Ref } from 'vue'
import type { components } from '@/api/schema'

type Schemas = components['schemas']

/** Event names of the stream, and what each carries. */
export interface StreamMessages {
  event: Schemas['StreamEvents']
  cost: Schemas['StreamCost']
  notification: Schemas['Notification']
  pipeline: Schemas['StreamPipeline']
}

export type StreamTopic = 'audit' | 'cost' | 'notifications' | 'pipeline'
/** live: messages flow. stale: open, and silent for too long. offline: not connected. */
export type StreamState = 'connecting' | 'live' | 'stale' | 'offline' | 'paused'

export interface StreamOptions {
  topics: MaybeRefOrGetter<readonly StreamTopic[]>
  /** The filter of topic audit. */
  query?: MaybeRefOrGetter<string>
  on: { [K in keyof StreamMessages]?: (message: StreamMessages[K]) => void }
  /**
   * Told when messages may have been missed: fetch what is shown anew. The live
   * tail is told whenever its connection comes back, some minutes apart at best.
   */
  onReconnect?: () => void
  enabled?: MaybeRefOrGetter<boolean>
  /** For tests. */
  open?: (url: string) => EventSource
}

export interface Stream {
  state: ComputedRef<StreamState>
  paused: Ref<boolean>
  pause: () => void
  resume: () => void
}

/** The server sends at least a beat every 15 s; two of them may be late. */
export const STALE_AFTER = 40_000
const FIRST_RETRY = 1_000
const LAST_RETRY = 30_000
const CLOSED = 2 // EventSource.CLOSED, which tests have not

type Connection = 'closed' | 'connecting' | 'open' | 'waiting'

export function useStream(options: StreamOptions): Stream {
  const paused = ref(false)
  const connection = ref<Connection>('closed')
  const failures = ref(0) // since it was last open
  const stale = ref(false)
  const open = options.open ?? ((url: string) => new EventSource(url))
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let gap = false

  function heard(): void {
    stale.value = false
    clearTimeout(silence)
    silence = setTimeout(() => (stale.value = true), STALE_AFTER)
  }

  function connect(): void {
    close()
    connection.value = 'connecting'
    source = open(subject.value)
    source.onopen = opened
    source.onerror = failed
    source.addEventListener('beat', heard)
    source.addEventListener('lost', missed)
    for (const name of Object.keys(options.on)) source.addEventListener(name, receive as EventListener)
  }

  function opened(): void {
    connection.value = 'open'
    failures.value = 0
    heard()
    if (gap) missed()
  }

  function missed(): void {
    gap = false
    options.onReconnect?.()
  }

  function receive(event: MessageEvent<string>): void {
    heard()
    const handler = options.on[event.type as keyof StreamMessages] as ((message: unknown) => void) | undefined
    handler?.(JSON.parse(event.data))
  }

  // The server ends streams now and then. The browser comes back by itself
  // then, and says what it heard last: what it missed comes again, or the server
  // says that something is lost, as it does to whoever tails. When that
  // fails, or the server refuses, we try anew and wait longer each time.
  function failed(): void {
    failures.value++
    if (failures.value === 1 && source?.readyState !== CLOSED) {
      connection.value = 'connecting'
      return
    }
    close()
    gap = true
    connection.value = 'waiting'
    retry = setTimeout(connect, Math.min(LAST_RETRY, FIRST_RETRY * 2 ** (failures.value - 1)))
  }

  function close(): void {
    clearTimeout(retry)
    clearTimeout(silence)
    source?.close()
    source = undefined
    connection.value = 'closed'
  }

  const wanted = computed(() => !paused.value && toValue(options.enabled ?? true) && toValue(options.topics).length > 0)
  const subject = computed(() => (wanted.value ? streamUrl(toValue(options.topics), toValue(options.query) ?? '') : ''))
  watch(
    subject,
    (now) => {
      failures.value = 0
      if (now) connect()
      else close()
    },
    { immediate: true },
  )
  const retryNow = () => {
    if (connection.value === 'waiting') connect()
  }
  window.addEventListener('online', retryNow)
  onScopeDispose(() => {
    window.removeEventListener('online', retryNow)
    close()
  })

  const state = computed<StreamState>(() => {
    if (paused.value) return 'paused'
    if (connection.value === 'open') return stale.value ? 'stale' : 'live'
    return failures.value > 1 || connection.value === 'waiting' ? 'offline' : 'connecting'
  })
  return { state, paused, pause: () => (paused.value = true), resume: () => (paused.value = false) }
}

function streamUrl(topics: readonly StreamTopic[], query: string): string {
  const params = new URLSearchParams({ topics: topics.join(',') })
  if (query) params.set('q', query)
  return `/v1/stream?${params.toString()}`
}
