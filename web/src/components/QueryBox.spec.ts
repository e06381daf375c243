import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import QueryBox, { type Suggestion } from './QueryBox.vue'

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  document.body.replaceChildren()
})

function setUp(found: Suggestion[] | Error = [], props: Record<string, unknown> = {}) {
  const suggest = vi.fn((_field: string, _prefix: string, _signal: AbortSignal) => (found instanceof Error ? Promise.reject(found) : Promise.resolve(found)))
  const box = mount(QueryBox, { props: { modelValue: '', suggest, ...props }, attachTo: document.body })
  const input = box.get('input')
  const type = async (text: string) => {
    input.element.focus()
    await input.setValue(text)
    input.element.setSelectionRange(text.length, text.length)
    vi.advanceTimersByTime(200)
    await flushPromises()
  }
  return { box, input, suggest, type }
}

describe('QueryBox', () => {
  it('completes a value by key', async () => {
    const { box, input, suggest, type } = setUp([{ value: 'Maya Long', count: 3 }, { value: 'maya' }])
    await type('actor:ma')
    expect(suggest.mock.calls.at(-1)?.slice(0, 2)).toEqual(['actor', 'ma'])
    expect(input.attributes('aria-expanded')).toBe('true')
    await input.trigger('keydown', { key: 'ArrowDown' })
    const option = box.get('[role=option][aria-selected=true]')
    expect(input.attributes('aria-activedescendant')).toBe(option.attributes('id'))
    await input.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    expect(input.element.value).toBe('actor:"Maya Long" ')
    expect(box.emitted('update:modelValue')).toBeUndefined()
  })

  it('submits by Enter when nothing is chosen', async () => {
    const { box, input, type } = setUp([{ value: 'maya' }])
    await type(' actor:ma ')
    await input.trigger('keydown', { key: 'Enter' })
    expect(box.emitted('submit')).toEqual([['actor:ma']])
    expect(box.emitted('update:modelValue')).toEqual([['actor:ma']])
    expect(input.attributes('aria-expanded')).toBe('false')
  })

  it('goes round with the arrows, and Escape closes', async () => {
    const { box, input, type } = setUp([{ value: 'a' }, { value: 'b' }])
    await type('x')
    const chosen = () => box.findAll('[role=option]').map((option) => option.attributes('aria-selected'))
    await input.trigger('keydown', { key: 'ArrowUp' })
    expect(chosen()).toEqual(['false', 'true'])
    await input.trigger('keydown', { key: 'ArrowDown' })
    expect(chosen()).toEqual(['true', 'false'])
    await input.trigger('keydown', { key: 'Escape' })
    expect(input.attributes('aria-expanded')).toBe('false')
  })

  it('asks once after typing stopped, and works without help', async () => {
    const { box, input, suggest } = setUp(new Error('down'))
    input.element.focus()
    for (const text of ['a', 'ac', 'act']) await input.setValue(text)
    vi.advanceTimersByTime(200)
    await flushPromises()
    expect(suggest).toHaveBeenCalledTimes(1)
    expect(input.attributes('aria-expanded')).toBe('false')
    await input.trigger('keydown', { key: 'Enter' })
    expect(box.emitted('submit')).toEqual([['act']])
  })

  it('underlines the mistake and reads it out', async () => {
    const error = { message: 'No such field', offset: 4 }
    const { box, input, type } = setUp([], { modelValue: 'a:b wrong:x c', error })
    expect(box.get('.marks .bad').text()).toBe('wrong:x')
    expect(input.attributes('aria-invalid')).toBe('true')
    expect(box.get(`#${input.attributes('aria-describedby')}`).text()).toBe('No such field (at character 5)')
    await type('a:b w')
    expect(box.find('.marks').exists()).toBe(false)
  })

  it('follows the query that holds, and clears it', async () => {
    const { box, input } = setUp([], { modelValue: 'a' })
    await box.setProps({ modelValue: 'b' })
    expect(input.element.value).toBe('b')
    await box.get('button').trigger('click')
    expect(box.emitted('update:modelValue')).toEqual([['']])
  })
})
