import { mount, flushPromises } from '@vue/test-utils'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { describe, expect, it } from 'vitest'
import { param, useUrlState } from './useUrlState'

const params = {
  by: param.oneOf(['account', 'region'], 'account'),
  q: param.text(),
  page: param.number(1, 1, 99),
  sum: param.flag(),
  tags: param.list(),
}

async function setUp(path: string) {
  const router: Router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: { render: () => null } }] })
  await router.push(path)
  let state!: ReturnType<typeof useUrlState<typeof params>>
  const Host = defineComponent(() => {
    state = useUrlState(params)
    return () => h('i')
  })
  mount(Host, { global: { plugins: [router] } })
  return { router, state, query: () => router.currentRoute.value.query }
}

describe('useUrlState', () => {
  it('reads what the URL says, and the defaults where it says nothing that makes sense', async () => {
    const { state } = await setUp('/?by=region&page=7&sum=1&tags=a,b~1c')
    expect(state.values.value).toEqual({ by: 'region', q: '', page: 7, sum: true, tags: ['a', 'b,c'] })
    const other = await setUp('/?by=planet&page=0&sum=yes')
    expect(other.state.values.value).toEqual({ by: 'account', q: '', page: 1, sum: false, tags: [] })
  })

  it('leaves defaults out and keeps what is not its own', async () => {
    const { state, query } = await setUp('/?from=now-1h&by=region&q=x')
    state.push({ by: 'account', tags: ['a,b', '~'] })
    await flushPromises()
    expect(query()).toEqual({ from: 'now-1h', q: 'x', tags: 'a~1b,~0' })
    expect(state.values.value.tags).toEqual(['a,b', '~'])
  })

  it('makes one entry of one tick, and Back undoes it', async () => {
    const { router, state, query } = await setUp('/')
    state.refs.q.value = 'actor:maya'
    state.refs.by.value = 'region'
    await flushPromises()
    expect(query()).toEqual({ q: 'actor:maya', by: 'region' })
    router.back()
    await flushPromises()
    expect(query()).toEqual({})
  })

  it('replaces without an entry', async () => {
    const { router, state, query } = await setUp('/')
    state.push({ q: 'a' })
    await flushPromises()
    state.replace({ page: 2 })
    await flushPromises()
    state.replace({ page: 3 })
    await flushPromises()
    expect(query()).toEqual({ q: 'a', page: '3' })
    router.back()
    await flushPromises()
    expect(query()).toEqual({})
  })

  it('resets what is named, or all', async () => {
    const { state, query } = await setUp('/?q=a&page=2&from=now-1h')
    state.reset('q')
    await flushPromises()
    expect(query()).toEqual({ page: '2', from: 'now-1h' })
    state.reset()
    await flushPromises()
    expect(query()).toEqual({ from: 'now-1h' })
  })
})
