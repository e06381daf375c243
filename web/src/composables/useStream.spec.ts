import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { STALE_AFTER, useStream, type Stream, type StreamOptions } from './useStream'

class FakeSource extends EventTarget {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  readyState = 0
  constructor(readonly url: string) {
    super()
  }
  close(): void {
    this.readyState = 2
  }
  say(type: string, data: unknown): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }))
  }
}

let sources: FakeSource[]
const last = () => sources.at(-1) as FakeSource

function start(options: Partial<StreamOptions> = {}): { stream: Stream; stop: () => void } {
  const scope = effectScope()
  const open = (url: string) => {
    const source = new FakeSource(url)
    sources.push(source)
    return source as unknown as EventSource
  }
  const stream = scope.run(() => useStream({ topics: ['cost'], on: {}, open, ...options })) as Stream
  return { stream, stop: () => scope.stop() }
}

beforeEach(() => {
  sources = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

describe('useStream', () => {
  it('hands on messages by name', () => {
    const cost = vi.fn()
    const { stream, stop } = start({ on: { cost } })
    expect(last().url).toBe('/v1/stream?topics=cost')
    expect(stream.state.value).toBe('connecting')
    last().onopen?.()
    last().say('cost', { at: 'x' })
    expect(stream.state.value).toBe('live')
    expect(cost).toHaveBeenCalledWith({ at: 'x' })
    stop()
    expect(last().readyState).toBe(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('leaves it to the browser to come back the first time, and to the server to say what is lost', () => {
    const onReconnect = vi.fn()
    const { stream, stop } = start({ onReconnect })
    last().onopen?.()
    last().onerror?.()
    expect(stream.state.value).toBe('connecting')
    last().onopen?.()
    expect([stream.state.value, sources.length, onReconnect.mock.calls.length]).toEqual(['live', 1, 0])
    last().say('lost', { messages: 3 })
    expect(onReconnect).toHaveBeenCalledTimes(1)
    stop()
  })

  it('tries anew when that fails, waiting longer each time, and says that there is a gap', () => {
    const onReconnect = vi.fn()
    const { stream, stop } = start({ onReconnect })
    last().onopen?.()
    last().onerror?.()
    for (const wait of [2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      last().onerror?.()
      expect(stream.state.value).toBe('offline')
      const before = sources.length
      vi.advanceTimersByTime(wait - 1)
      expect(sources.length).toBe(before)
      vi.advanceTimersByTime(1)
      expect(sources.length).toBe(before + 1)
    }
    last().onopen?.()
    expect([stream.state.value, onReconnect.mock.calls.length]).toEqual(['live', 1])
    stop()
  })

  it('does not wait for the browser when the server refused', () => {
    const { stream, stop } = start()
    last().readyState = 2
    last().onerror?.()
    expect(stream.state.value).toBe('offline')
    vi.advanceTimersByTime(1000)
    expect(sources.length).toBe(2)
    stop()
  })

  it('is stale when it was silent for too long', () => {
    const { stream, stop } = start({ on: { cost: () => {} } })
    last().onopen?.()
    vi.advanceTimersByTime(STALE_AFTER)
    expect(stream.state.value).toBe('stale')
    last().say('cost', {})
    expect(stream.state.value).toBe('live')
    vi.advanceTimersByTime(STALE_AFTER - 1)
    last().say('beat', {})
    vi.advanceTimersByTime(STALE_AFTER - 1)
    expect(stream.state.value).toBe('live')
    vi.advanceTimersByTime(1)
    expect(stream.state.value).toBe('stale')
    stop()
  })

  it('pauses, and follows its topics and query', async () => {
    const query = ref('a')
    const { stream, stop } = start({ topics: ['audit'], query })
    expect(last().url).toBe('/v1/stream?topics=audit&q=a')
    query.value = 'b c'
    await nextTick()
    expect(last().url).toBe('/v1/stream?topics=audit&q=b+c')
    expect(sources[0]?.readyState).toBe(2)
    stream.pause()
    await nextTick()
    expect([stream.state.value, last().readyState]).toEqual(['paused', 2])
    stream.resume()
    await nextTick()
    expect(sources.length).toBe(3)
    stop()
  })
})
