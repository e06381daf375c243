import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import Histogram from './Histogram.vue'

const hour = 3_600_000
const start = Date.parse('2025-11-25T00:00:00Z')
const bars = [4, 0, 10, 2].map((count, i) => ({ start: start + i * hour, count, errors: i === 2 ? 5 : 0 }))

function setUp() {
  const histogram = mount(Histogram, { props: { label: 'Events', bars, width: hour, start, end: start + 4 * hour } })
  const box = histogram.get('[role=application]')
  box.element.getBoundingClientRect = () => ({ left: 0, width: 400 }) as DOMRect
  Object.assign(box.element, { setPointerCapture: () => {} })
  return { histogram, box, press: (key: string, shiftKey = false) => box.trigger('keydown', { key, shiftKey }) }
}

describe('Histogram', () => {
  it('draws bars against the highest, failures in them', () => {
    const { histogram } = setUp()
    expect(histogram.findAll('.ok').map((bar) => Number(bar.attributes('height')))).toEqual([40, 0, 100, 20])
    expect(histogram.findAll('.wrong').map((bar) => Number(bar.attributes('height')))).toEqual([50])
  })

  it('reads bars out, and chooses a stretch by key', async () => {
    const { histogram, press } = setUp()
    await press('Home')
    await press('ArrowRight')
    await press('ArrowRight')
    expect(histogram.get('[role=status]').text()).toBe('2025-11-25 02:00 – 03:00: 10 events, 5 failed')
    expect(histogram.get('.tip').attributes('style')).toMatch(/left: ([\d.]+%); transform: translateX\(-\1\)/)
    await press('ArrowLeft', true)
    await press('Enter')
    expect(histogram.emitted('range')).toEqual([[start + hour, start + 3 * hour]])
  })

  it('chooses one bar by Enter, and a stretch by dragging in either direction', async () => {
    const { histogram, box, press } = setUp()
    await press('End')
    await press('Enter')
    await box.trigger('pointerdown', { clientX: 350, button: 0, pointerId: 1 })
    await box.trigger('pointermove', { clientX: 150 })
    await box.trigger('pointerup')
    expect(histogram.emitted('range')).toEqual([[start + 3 * hour, start + 4 * hour], [start + hour, start + 4 * hour]])
  })

  it('has nothing to choose without bars', async () => {
    const { histogram, box, press } = setUp()
    await histogram.setProps({ bars: [] })
    await press('End')
    await press('Enter')
    await box.trigger('pointerdown', { clientX: 50, button: 0, pointerId: 1 })
    await box.trigger('pointerup')
    expect(histogram.emitted('range')).toBeUndefined()
  })
})
