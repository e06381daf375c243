import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { useTimeRange, type TimeRangeState } from './useTimeRange'

const now = Date.parse('2025-11-25T10:00:00Z')
const hour = 3_600_000

beforeEach(() => vi.useFakeTimers({ now, toFake: ['Date', 'setInterval', 'clearInterval'] }))
afterEach(() => vi.useRealTimers())

async function setUp(path: string) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: { render: () => null } }] })
  await router.push(path)
  let time!: TimeRangeState
  const Host = defineComponent(() => {
    time = useTimeRange({ from: 'now-6h', to: 'now' })
    return () => h('i')
  })
  const wrapper = mount(Host, { global: { plugins: [router] } })
  return { time, wrapper, query: () => router.currentRoute.value.query }
}

describe('useTimeRange', () => {
  it('moves a relative range with the clock, and an absolute one never', async () => {
    const relative = await setUp('/')
    const absolute = await setUp('/?from=2025-11-01&to=2025-11-02')
    const before = absolute.time.resolved.value
    vi.advanceTimersByTime(30_000)
    await flushPromises()
    expect(relative.time.resolved.value).toEqual({ start: now + 30_000 - 6 * hour, end: now + 30_000, all: false })
    expect(absolute.time.resolved.value).toBe(before)
  })

  it('reads dates in the zone of the URL', async () => {
    const { time } = await setUp('/?from=2025-11-01&to=2025-11-02&zone=America/New_York')
    expect(time.params.value).toEqual({ from: '2025-11-01T04:00:00Z', to: '2025-11-02T04:00:00Z' })
  })

  it('says what is wrong with the URL and shows the default', async () => {
    const { time } = await setUp('/?from=yesterday&zone=Mars')
    expect(time.error.value).toContain('"yesterday" is not a time')
    expect(time.zone.value).toBe('utc')
    expect(time.resolved.value.start).toBe(now - 6 * hour)
  })

  it('turns a selection, a shift and a zoom into absolute ranges in the URL', async () => {
    const { time, query } = await setUp('/')
    time.select(now - hour, now - 2 * hour)
    await flushPromises()
    expect(query()).toEqual({ from: '2025-11-25T08:00:00Z', to: '2025-11-25T09:00:00Z' })
    time.shift(-1)
    await flushPromises()
    expect(query()).toEqual({ from: '2025-11-25T07:00:00Z', to: '2025-11-25T08:00:00Z' })
    time.zoom(2)
    await flushPromises()
    expect(query()).toEqual({ from: '2025-11-25T06:30:00Z', to: '2025-11-25T08:30:00Z' })
  })

  it('stops its clock with the component', async () => {
    const { wrapper } = await setUp('/')
    expect(vi.getTimerCount()).toBe(1)
    wrapper.unmount()
    expect(vi.getTimerCount()).toBe(0)
  })
})
