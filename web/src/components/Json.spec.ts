import { mount } from '@vue/test-utils'
import { nextTick } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { flatten } from './json'
import Json from './Json.vue'

const value = { name: 'RunInstances', user: { type: 'Root', mfa: false }, items: [{ id: 'i-1' }, { id: 'i-2' }], none: null, empty: {}, count: 2 }

afterEach(() => document.body.replaceChildren())

describe('flatten', () => {
  it('lists members, with parts under them', () => {
    const lines = flatten(value, () => true)
    expect(lines.map((line) => `${line.level} ${line.name ?? ''} ${line.text}`)).toEqual([
      '0 name "RunInstances"',
      '0 user ',
      '1 type "Root"',
      '1 mfa false',
      '0 items [2]',
      '1 0 ',
      '2 id "i-1"',
      '1 1 ',
      '2 id "i-2"',
      '0 none null',
      '0 empty {}',
      '0 count 2',
    ])
    expect(lines.find((line) => line.text === '"i-2"')).toMatchObject({ path: ['items', 'id'], id: '/items/1/id', scalar: 'i-2' })
  })

  it('sums up what is folded, and knows a document without members', () => {
    expect(flatten({ a: { x: 1, y: 2, z: 3, q: 4 }, b: [1] }, () => false).map((line) => line.text)).toEqual(['{ x, y, z, … }', '[1] …'])
    expect(flatten('text', () => true).map((line) => line.text)).toEqual(['"text"'])
    expect(flatten([], () => true).map((line) => line.text)).toEqual(['[]'])
    expect(flatten({ 'a/b~c': 1 }, () => true)[0]?.id).toBe('/a~1b~0c')
  })
})

describe('Json', () => {
  it('moves, folds and filters by key', async () => {
    const json = mount(Json, { props: { value, canFilter: (path: readonly string[]) => path[0] !== 'count' }, attachTo: document.body })
    const press = async (key: string, shiftKey = false) => {
      await json.get('[role=tree]').trigger('keydown', { key, shiftKey })
      await nextTick()
    }
    const focused = () => document.activeElement?.textContent?.trim()
    await press('ArrowDown')
    expect(focused()).toBe('user:')
    await press('ArrowLeft')
    expect(json.findAll('[role=treeitem]')).toHaveLength(10)
    await press('ArrowRight')
    await press('ArrowRight')
    expect(focused()).toContain('"Root"')
    await press('Enter')
    await press('Enter', true)
    await press('ArrowLeft')
    expect(focused()).toBe('user:')
    await press('End')
    await press('Enter')
    expect(json.emitted('filter')).toEqual([[['user', 'type'], 'Root', false], [['user', 'type'], 'Root', true]])
  })

  it('shows text as text', () => {
    const json = mount(Json, { props: { value: { a: '<img src=x onerror=alert(1)>' } } })
    expect(json.find('img').exists()).toBe(false)
    expect(json.text()).toContain('<img src=x onerror=alert(1)>')
  })
})
