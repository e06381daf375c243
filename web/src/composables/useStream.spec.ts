import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { STALE_AFTER, useStream, type Stream, type StreamOptions } from './useStream'

class FakeSource extends EventTarget {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  constructor(readonly url: string) {
    super()
  }
  close(): void {
    this.closed = true
  }
  say(type: string, data: unknown, lastEventId = ''): void {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data), lastEventId }))
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
    last().say('cost', { at: 'x' }, '17')
    expect(stream.state.value).toBe('live')
    expect(cost).toHaveBeenCalledWith({ at: 'x' })
    expect(stream.lastEventId.value).toBe('17')
    stop()
    expect(last().closed).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes back, waiting longer each time, from where it was', () => {
    const onReconnect = vi.fn()
    const { stream, stop } = start({ on: { cost: () => {} }, onReconnect })
    last().onopen?.()
    last().say('cost', {}, '5')
    for (const wait of [1000, 2000, 4000]) {
      last().onerror?.()
      expect(stream.state.value).toBe('offline')
      const before = sources.length
      vi.advanceTimersByTime(wait - 1)
      expect(sources.length).toBe(before)
      vi.advanceTimersByTime(1)
      expect(sources.length).toBe(before + 1)
    }
    expect(last().url).toBe('/v1/stream?topics=cost&last=5')
    last().onopen?.()
    expect(stream.state.value).toBe('live')
    expect(onReconnect).toHaveBeenCalledTimes(1)
    last().onerror?.()
    vi.advanceTimersByTime(1000)
    expect(sources.length).toBe(5) // the wait began anew
    stop()
  })

  it('is stale when it was silent for too long', () => {
    const { stream, stop } = start({ on: { cost: () => {} } })
    last().onopen?.()
    vi.advanceTimersByTime(STALE_AFTER)
    expect(stream.state.value).toBe('stale')
    last().say('cost', {})
    expect(stream.state.value).toBe('live')
    stop()
  })

  it('pauses, and follows its topics and query', async () => {
    const query = ref('a')
    const { stream, stop } = start({ topics: ['audit'], query })
    expect(last().url).toBe('/v1/stream?topics=audit&q=a')
    query.value = 'b c'
    await nextTick()
    expect(last().url).toBe('/v1/stream?topics=audit&q=b+c')
    expect(sources[0]?.closed).toBe(true)
    stream.pause()
    await nextTick()
    expect([stream.state.value, last().closed]).toEqual(['paused', true])
    stream.resume()
    await nextTick()
    expect(sources.length).toBe(3)
    stop()
  })
})
