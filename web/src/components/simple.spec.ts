import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { h, nextTick, ref } from 'vue'
import { ApiError } from '@/api/error'
import { keyMap } from '@/composables/useKeys'
import CopyButton from './CopyButton.vue'
import Facets from './Facets.vue'
import FreshnessBadge from './FreshnessBadge.vue'
import HelpDialog from './HelpDialog.vue'
import Segmented from './Segmented.vue'
import SidePanel from './SidePanel.vue'
import Sparkline from './Sparkline.vue'
import StatePanel from './StatePanel.vue'

describe('StatePanel', () => {
  it('has a form for each state', async () => {
    const panel = mount(StatePanel, { props: { state: 'loading' }, slots: { default: 'the rows', empty: 'read some logs' } })
    expect(panel.attributes('aria-busy')).toBe('true')
    expect(panel.text()).toBe('Loading')
    await panel.setProps({ state: 'empty', emptyTitle: 'No events' })
    expect(panel.text()).toContain('No events')
    expect(panel.text()).toContain('read some logs')
    await panel.setProps({ state: 'full' })
    expect(panel.text()).toBe('the rows')
    await panel.setProps({ stale: true })
    expect(panel.get('[role=status]').text()).toContain('Shown from before')
  })

  it('shows the problem and tries again', async () => {
    const error = new ApiError({ type: 'x', title: 'Too slow', status: 503, detail: 'Narrow the range.', request_id: 'r1' })
    const panel = mount(StatePanel, { props: { state: 'error', error } })
    expect(panel.get('[role=alert]').text()).toMatch(/Too slow.*Narrow the range.*r1/s)
    await panel.get('button').trigger('click')
    expect(panel.emitted('retry')).toHaveLength(1)
  })
})

describe('FreshnessBadge', () => {
  const now = Date.parse('2025-11-25T10:00:00Z')
  beforeEach(() => vi.useFakeTimers({ now }))
  afterEach(() => vi.useRealTimers())

  it.each([
    ['2025-11-25T09:59:58Z', 'good', 'Data now'],
    ['2025-11-25T09:58:00Z', 'good', 'Data 2 min ago'],
    ['2025-11-25T09:30:00Z', 'warn', 'Data 30 min ago'],
    ['2025-11-24T09:30:00Z', 'bad', 'Data 1 d ago'],
    [undefined, 'none', 'No data yet'],
  ])('%s is %s', (at, level, text) => {
    const badge = mount(FreshnessBadge, { props: { at } })
    expect(badge.classes()).toContain(level)
    expect(badge.text()).toBe(text)
  })

  it('grows older by itself', async () => {
    const badge = mount(FreshnessBadge, { props: { at: '2025-11-25T10:00:00Z' } })
    vi.advanceTimersByTime(61_000)
    await nextTick()
    expect(badge.text()).toBe('Data 1 min ago')
    badge.unmount()
    expect(vi.getTimerCount()).toBe(0)
  })
})

it('Segmented is a radio group', async () => {
  const group = mount(Segmented, {
    props: { modelValue: 'hour', label: 'Step', options: [{ value: 'hour', label: 'Hour' }, { value: 'day', label: 'Day' }] },
  })
  expect(group.get('legend').text()).toBe('Step')
  await group.get('input[value=day]').setValue(true)
  expect(group.emitted('update:modelValue')).toEqual([['day']])
})

describe('CopyButton', () => {
  it('copies and says so', async () => {
    const writeText = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    const button = mount(CopyButton, { props: { text: () => 'made when asked', label: 'ARN' } })
    await button.trigger('click')
    await vi.waitFor(() => expect(button.get('[role=status]').text()).toBe('Copied'))
    expect(writeText).toHaveBeenCalledWith('made when asked')
    button.unmount()
    vi.unstubAllGlobals()
  })

  it('says when it may not', async () => {
    vi.stubGlobal('navigator', { clipboard: { writeText: () => Promise.reject(new Error('denied')) } })
    const button = mount(CopyButton, { props: { text: 'x', label: 'ARN' } })
    await button.trigger('click')
    await vi.waitFor(() => expect(button.get('[role=status]').text()).toContain('does not allow'))
    button.unmount()
    vi.unstubAllGlobals()
  })
})

it('Facets filter in and out, and show what is', async () => {
  const values = [{ value: 'maya', count: 30 }, { value: '', count: 10 }]
  const facets = mount(Facets, { props: { field: 'actor', values, distinct: 12, included: ['maya'], excluded: [''] } })
  expect(facets.findAll('.bar').map((bar) => (bar.element as HTMLElement).style.width)).toEqual(['100%', '33.33333333333333%'].map((width) => expect.stringContaining(width.slice(0, 5))))
  const [only, without, none] = facets.findAll('li button')
  expect(only?.attributes('aria-pressed')).toBe('true')
  expect(none?.text()).toBe('(none)')
  await only?.trigger('click')
  await without?.trigger('click')
  expect(facets.emitted('filter')).toEqual([['actor', 'maya', false], ['actor', 'maya', true]])
  await facets.get('section > button').trigger('click')
  expect(facets.emitted('more')).toEqual([['actor']])
})

it('Sparkline draws steps that end at its edge', () => {
  const line = mount(Sparkline, { props: { values: [0, 1], label: 'Rate', width: 100, height: 20 } })
  expect(line.get('.line').attributes('d')).toBe('M0 18.5V18.5H50.0V1.5H100.0')
  expect(mount(Sparkline, { props: { values: [], label: 'Rate' } }).find('.under').exists()).toBe(false)
})

it('SidePanel takes the focus, closes by Escape, and gives it back', async () => {
  const opener = document.createElement('button')
  document.body.append(opener)
  opener.focus()
  const open = ref(true)
  const Page = () => (open.value ? h(SidePanel, { title: 'A step', onClose: () => (open.value = false) }) : null)
  const page = mount(Page, { attachTo: document.body })
  await nextTick()
  expect(document.activeElement).toBe(page.get('aside').element)
  document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }))
  await nextTick()
  expect(page.find('aside').exists()).toBe(false)
  expect(document.activeElement).toBe(opener)
  expect(keyMap().bindings).toHaveLength(0)
})

it('HelpDialog lists what the registry holds', async () => {
  const remove = keyMap().add({ keys: 'g Escape', label: 'Do it', group: 'Things', run: () => {} })
  const help = mount(HelpDialog, { props: { open: false }, attachTo: document.body })
  await help.setProps({ open: true })
  expect(help.get('dialog').attributes('open')).toBeDefined()
  expect(help.get('section').text()).toMatch(/Things.*Do it.*gEsc/s)
  remove()
  await nextTick()
  expect(help.find('section').exists()).toBe(false)
})
