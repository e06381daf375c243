import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { computed, ref } from 'vue'
import type { TimeRangeState } from '@/composables/useTimeRange'
import { rangeParams, resolveRange } from '@/format/range'
import TimeRangePicker from './TimeRangePicker.vue'

const now = Date.parse('2025-11-25T10:00:00Z')

function setUp(initial = { from: 'now-7d', to: 'now' }) {
  const range = ref(initial)
  const zone = ref('utc')
  const resolved = computed(() => resolveRange(range.value, zone.value, now))
  const time = {
    range: computed(() => range.value),
    zone: computed({ get: () => zone.value, set: (value: string) => (zone.value = value) }),
    resolved,
    error: computed(() => ''),
    params: computed(() => rangeParams(resolved.value)),
    now: ref(now),
    set: vi.fn((next: typeof initial) => (range.value = next)),
    select: vi.fn(),
    shift: vi.fn(),
    zoom: vi.fn(),
    refresh: vi.fn(),
  } satisfies TimeRangeState
  const picker = mount(TimeRangePicker, { props: { time }, attachTo: document.body })
  const open = async () => {
    await picker.get('[aria-haspopup=dialog]').trigger('click')
    await flushPromises()
  }
  return { picker, time, zone, open }
}

describe('TimeRangePicker', () => {
  it('names the range and its zone', async () => {
    const { picker, time, zone } = setUp()
    expect(picker.get('.main').text()).toBe('Last 7 daysUTC')
    time.set({ from: '2025-11-01', to: '2025-11-02 06:00' })
    zone.value = 'Europe/Berlin'
    await flushPromises()
    expect(picker.get('.main').text()).toBe('2025-11-01 00:00 – 2025-11-02 06:00Europe/Berlin')
    picker.unmount()
  })

  it('chooses a preset and closes', async () => {
    const { picker, time, open } = setUp()
    await open()
    expect(picker.get('.presets [aria-current=true]').text()).toBe('Last 7 days')
    await picker.findAll('.presets button')[0]?.trigger('click')
    expect(time.set).toHaveBeenCalledWith({ from: 'now-1h', to: 'now' })
    expect(picker.find('[role=dialog]').exists()).toBe(false)
    picker.unmount()
  })

  it('takes typed ends, and says what is wrong with them', async () => {
    const { picker, time, open } = setUp()
    await open()
    const [from, to] = picker.findAll('.typed .mono')
    await from?.setValue('tomorrow')
    expect(picker.get('[aria-live=polite]').text()).toContain('"tomorrow" is not a time')
    expect(picker.get('[type=submit]').attributes('disabled')).toBeDefined()
    await picker.get('form').trigger('submit')
    expect(time.set).not.toHaveBeenCalled()
    await from?.setValue(' 2025-11-01 ')
    await to?.setValue('now/d')
    await picker.get('form').trigger('submit')
    expect(time.set).toHaveBeenCalledWith({ from: '2025-11-01', to: 'now/d' })
    picker.unmount()
  })

  it('chooses a zone, and refuses one that is none', async () => {
    const { picker, zone, open } = setUp()
    await open()
    const input = picker.get('[list]')
    await input.setValue('Australia/Lord_Howe')
    expect(zone.value).toBe('Australia/Lord_Howe')
    await input.setValue('Mars')
    expect(zone.value).toBe('Australia/Lord_Howe')
    expect(picker.get('.zones [role=alert]').text()).toContain('"Mars" is not a time zone')
    picker.unmount()
  })

  it('steps and zooms by button and key, Escape gives the focus back', async () => {
    const { picker, time, open } = setUp()
    for (const button of picker.findAll('.bar .icon.button')) await button.trigger('click')
    for (const key of ['[', ']', '-', '+']) document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    expect(time.shift.mock.calls).toEqual([[-1], [1], [-1], [1]])
    expect(time.zoom.mock.calls).toEqual([[2], [2], [0.5]])
    ;(picker.get('.main').element as HTMLElement).focus()
    await open()
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }))
    await flushPromises()
    expect(picker.find('[role=dialog]').exists()).toBe(false)
    expect(document.activeElement).toBe(picker.get('.main').element)
    picker.unmount()
  })

  it('has no way sideways from all time', () => {
    const { picker } = setUp({ from: 'all', to: 'now' })
    expect(picker.findAll('.bar button[disabled]')).toHaveLength(3)
    picker.unmount()
  })
})
