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
  /** Told after a connection came back: what happened between may be missing. */
  onReconnect?: () => void
  enabled?: MaybeRefOrGetter<boolean>
  /** For tests. */
  open?: (url: string) => EventSource
}

export interface Stream {
  state: ComputedRef<StreamState>
  paused: Ref<boolean>
  lastEventId: Readonly<Ref<string>>
  pause: () => void
  resume: () => void
}

/** The server sends at least a comment every 15 s; two of them may be late. */
export const STALE_AFTER = 40_000
const FIRST_RETRY = 1_000
const LAST_RETRY = 30_000

type Connection = 'closed' | 'connecting' | 'open' | 'waiting'

export function useStream(options: StreamOptions): Stream {
  const paused = ref(false)
  const connection = ref<Connection>('closed')
  const stale = ref(false)
  const lastEventId = ref('')
  const open = options.open ?? ((url: string) => new EventSource(url))
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let delay = FIRST_RETRY
  let lost = false

  function heard(id: string): void {
    if (id) lastEventId.value = id
    stale.value = false
    clearTimeout(silence)
    silence = setTimeout(() => (stale.value = true), STALE_AFTER)
  }

  function connect(): void {
    close()
    connection.value = 'connecting'
    source = open(streamUrl(toValue(options.topics), toValue(options.query) ?? '', lastEventId.value))
    source.onopen = opened
    source.onerror = failed
    for (const name of Object.keys(options.on)) source.addEventListener(name, receive as EventListener)
  }

  function opened(): void {
    connection.value = 'open'
    delay = FIRST_RETRY
    heard('')
    if (lost) options.onReconnect?.()
    lost = false
  }

  function receive(event: MessageEvent<string>): void {
    heard(event.lastEventId)
    const handler = options.on[event.type as keyof StreamMessages] as ((message: unknown) => void) | undefined
    handler?.(JSON.parse(event.data))
  }

  // EventSource retries by itself, but gives up for good on an HTTP error and
  // hammers a dead server at a fixed pace; this waits longer each time.
  function failed(): void {
    close()
    lost = true
    connection.value = 'waiting'
    retry = setTimeout(connect, delay)
    delay = Math.min(LAST_RETRY, delay * 2)
  }

  function close(): void {
    clearTimeout(retry)
    clearTimeout(silence)
    source?.close()
    source = undefined
    connection.value = 'closed'
  }

  const wanted = computed(() => !paused.value && toValue(options.enabled ?? true) && toValue(options.topics).length > 0)
  const subject = computed(() => (wanted.value ? streamUrl(toValue(options.topics), toValue(options.query) ?? '', '') : ''))
  watch(subject, (now) => (now ? connect() : close()), { immediate: true })
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
    return connection.value === 'connecting' && !lost ? 'connecting' : 'offline'
  })
  return {
    state,
    paused,
    lastEventId,
    pause: () => (paused.value = true),
    resume: () => (paused.value = false),
  }
}

function streamUrl(topics: readonly StreamTopic[], query: string, last: string): string {
  const params = new URLSearchParams({ topics: topics.join(',') })
  if (query) params.set('q', query)
  if (last) params.set('last', last)
  return `/v1/stream?${params.toString()}`
}
