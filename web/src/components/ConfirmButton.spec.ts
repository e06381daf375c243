import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import ConfirmButton from './ConfirmButton.vue'

function setUp() {
  return mount(ConfirmButton, { props: { label: 'Revoke', question: 'Revoke ci?' }, attachTo: document.body })
}
const buttons = (one: ReturnType<typeof setUp>) => one.findAll('button').map((button) => button.text())
afterEach(() => {
  vi.useRealTimers()
  document.body.replaceChildren()
})

describe('ConfirmButton', () => {
  it('does nothing before it is asked twice', async () => {
    const one = setUp()
    await one.get('button').trigger('click')
    expect(one.emitted('confirm')).toBeUndefined()
    expect(one.get('[role=group]').attributes('aria-label')).toBe('Revoke ci?')
    await vi.waitFor(() => expect(document.activeElement?.textContent).toBe('Revoke'))
    await one.get('.sure').trigger('click')
    expect(one.emitted('confirm')).toHaveLength(1)
    expect(buttons(one)).toEqual(['Revoke'])
  })

  it.each([
    ['Keep', (one: ReturnType<typeof setUp>) => one.findAll('button')[1]?.trigger('click')],
    ['Escape', (one: ReturnType<typeof setUp>) => one.get('.sure').trigger('keydown', { key: 'Escape' })],
  ])('is taken back by %s', async (_, leave) => {
    const one = setUp()
    await one.get('button').trigger('click')
    await leave(one)
    await nextTick()
    expect(buttons(one)).toEqual(['Revoke'])
    expect(one.emitted('confirm')).toBeUndefined()
  })

  it('forgets a question that nobody answers', async () => {
    vi.useFakeTimers()
    const one = setUp()
    await one.get('button').trigger('click')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(buttons(one)).toEqual(['Revoke'])
  })
})
