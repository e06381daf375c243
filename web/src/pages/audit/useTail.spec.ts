import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref, type EffectScope } from 'vue'
import { events, FakeSource } from './fixture'
import { MOST_WAITING, useTail, type Tail } from './useTail'

let scope: EffectScope
beforeEach(() => {
  FakeSource.opened = []
  vi.useFakeTimers({ now: Date.parse('2026-11-03T14:00:00Z') })
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

function setUp() {
  const query = ref('actor:ann')
  const enabled = ref(true)
  const held = ref(false)
  const add = vi.fn()
  scope = effectScope()
  const tail = scope.run(() => useTail({ query, enabled, held, add, open: (url) => new FakeSource(url) as unknown as EventSource })) as Tail
  const source = () => FakeSource.opened.at(-1) as FakeSource
  source().onopen?.()
  return { query, enabled, held, add, tail, source }
}

describe('the live tail', () => {
  it('asks for what the query asks, and hands events on at once', () => {
    const { add, tail, source } = setUp()
    expect(source().url).toBe('/v1/stream?topics=audit&q=actor%3Aann')
    source().say('event', { events: events(2), skipped: 0 })
    expect(add).toHaveBeenCalledWith(events(2))
    expect(tail.waiting.value).toEqual([])
  })

  it('lets events wait while somebody reads, and brings them when he has', async () => {
    const { held, add, tail, source } = setUp()
    held.value = true
    await nextTick()
    source().say('event', { events: events(2), skipped: 0 })
    source().say('event', { events: events(2, 1), skipped: 0 })
    expect(tail.waiting.value.map((one) => one.event_id)).toEqual(['e-2', 'e-1', 'e-0'])
    expect(add).not.toHaveBeenCalled()
    held.value = false
    await nextTick()
    expect(add).toHaveBeenCalledTimes(1)
    expect(tail.waiting.value).toEqual([])
  })

  it('lets only so many wait, and says how many did not come', () => {
    const { held, tail, source } = setUp()
    held.value = true
    source().say('event', { events: events(MOST_WAITING + 7), skipped: 5 })
    expect([tail.waiting.value.length, tail.skipped.value]).toEqual([MOST_WAITING, 12])
    expect(tail.waiting.value[0]?.event_id).toBe(`e-${MOST_WAITING + 6}`)
  })

  it('counts events per second, the skipped ones too, and forgets', () => {
    const { tail, source } = setUp()
    source().say('event', { events: events(10), skipped: 20 })
    expect(tail.rate.value).toBe(3)
    vi.advanceTimersByTime(6_000)
    source().say('event', { events: events(10), skipped: 0 })
    expect(tail.rate.value).toBe(4)
    vi.advanceTimersByTime(5_000)
    expect(tail.rate.value).toBe(1)
    vi.advanceTimersByTime(6_000)
    expect(tail.rate.value).toBe(0)
  })

  it('says when something was lost, until the list is read anew', () => {
    const { tail, source } = setUp()
    source().say('lost', { count: 3 })
    expect(tail.lost.value).toBe(true)
    tail.reset()
    expect(tail.lost.value).toBe(false)
  })

  it('listens to another query anew, and to none when it is off', async () => {
    const { query, enabled, held, tail, source } = setUp()
    held.value = true
    source().say('event', { events: events(2), skipped: 1 })
    const first = source()
    query.value = 'actor:bob'
    await nextTick()
    expect([first.closed, source().url]).toEqual([true, '/v1/stream?topics=audit&q=actor%3Abob'])
    expect([tail.waiting.value.length, tail.skipped.value]).toEqual([0, 0])
    enabled.value = false
    await nextTick()
    expect(source().closed).toBe(true)
    expect(FakeSource.opened).toHaveLength(2)
  })
})
