import { open, press, problem, serve, settle, type Asked } from '@/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import type { Router } from 'vue-router'
import InventoryPage from './InventoryPage.vue'
import { groupsOfRate, hourBefore, onlyOfInventory, queryValue, shareOf } from './groups'
import { suggestInventory } from './suggest'

const AT = '2026-11-25T10:00:00Z'
const instance = (n: number, more: object = {}) => ({
  resource: `i-${n}`, account: '111122223333', region: 'us-east-1', zone: 'us-east-1a', type: 'm5.large', operation: 'RunInstances', tenancy: 'Shared',
  purchase: 'on-demand', state: 'running', since: '2026-11-25T08:30:00Z', rate_per_hour: '0.0960000000', currency: 'USD', principal: 'arn:aws:iam::111122223333:role/deploy',
  actor: 'maya', tags: { Name: `web-${n}`, team: 'shop' }, ...more,
})
const group = (values: string[], rate: string, more: object = {}) => ({ values, currency: 'USD', rate_per_hour: rate, count: 1, unpriced: 0, assumed: 0, ...more })
const first = { at: AT, total: 3, rates: [group([], '0.192', { count: 3, unpriced: 1 })], next: 'c1', instances: [instance(1), instance(2, { rate_per_hour: undefined, unpriced: 'spot is <b>not</b> priced', actor: '', principal: '' })] }
const rate = { at: AT, by: ['actor'], totals: [], forecast: [], groups: [group(['unattributed'], '0.05'), group(['maya'], '0.142')] }

let page: VueWrapper
let router: Router
let asked: Asked[]
let list: (one: Asked) => { status?: number; body?: unknown }
const lists = () => asked.filter((one) => one.url.pathname === '/v1/inventory')
async function show(path: string): Promise<void> {
  ;({ page, router } = await open(InventoryPage, path))
}

beforeEach(() => {
  list = (one) => ({ body: one.url.searchParams.has('cursor') ? { ...first, next: undefined, instances: [instance(3, { state: 'stopped', rate_per_hour: undefined })] } : first })
  asked = serve({
    'GET /v1/inventory': (one) => list(one),
    'GET /v1/cost/rate': () => ({ body: rate }),
    'GET /v1/cost/graph': () => ({ body: { series: [], by: ['actor'] } }),
    'GET /v1/accounts': () => ({ body: { now: AT, accounts: [] } }),
  })
})
afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('InventoryPage', () => {
  it('asks for the most expensive first, and for all pages of the same moment', async () => {
    await show('/inventory')
    expect(Object.fromEntries(lists()[0]?.url.searchParams ?? [])).toEqual({ sort: 'rate', order: 'desc', limit: '300' })
    expect(lists()[1]?.url.searchParams.get('at')).toBe(AT)
    expect(lists()[1]?.url.searchParams.get('cursor')).toBe('c1')
    expect(page.get('[aria-label="In all"]').text()).toMatch(/Instances\s*3.*Running\s*3.*Per hour\s*\$0\.192.*Without a price\s*1 instance/s)
    expect(page.text()).toContain('Follows now')
  })

  it('says why there is no price, as text', async () => {
    await show('/inventory')
    const row = page.findAll('[role=row]')[2]
    expect(row?.text()).toContain('no price: spot is <b>not</b> priced')
    expect(row?.find('b').exists()).toBe(false)
    expect(row?.text()).toContain('unattributed')
    expect(page.findAll('[role=row]')[1]?.text()).toMatch(/i-1.*web-1.*m5\.large.*running.*\$0\.096.*1 h 30 min.*maya.*111122223333.*us-east-1/)
  })

  it('keeps sorting, moment, groups and columns in the URL', async () => {
    await show('/inventory?at=2026-11-20&tags=team&by=type')
    expect(lists()[0]?.url.searchParams.get('at')).toBe('2026-11-20T00:00:00Z')
    expect(page.findAll('[role=columnheader]').map((one) => one.text())).toContain('team')
    expect(asked.find((one) => one.url.pathname === '/v1/cost/graph')?.url.searchParams.get('from')).toBe('2026-11-19T23:00:00Z')
    await page.findAll('.sort').find((one) => one.text() === 'Type')?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query).toMatchObject({ sort: 'type', order: 'asc' })
    await press('[')
    expect(router.currentRoute.value.query['at']).toBe('2026-11-24T10:00:00Z')
  })

  it('filters by a group, and no more by the same click', async () => {
    await show('/inventory')
    const groups = () => page.findAll('li button').filter((one) => one.find('.bar').exists())
    expect(groups().map((one) => one.get('.name').text())).toEqual(['maya', 'unattributed'])
    await groups()[1]?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query['q']).toBe('actor:""')
    await groups()[1]?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query['q']).toBeUndefined()
  })

  it('goes to the life of what is selected by keys', async () => {
    await show('/inventory')
    await press('j')
    expect(router.currentRoute.value.query['sel']).toBe('111122223333/i-1')
    await page.get('[role=grid]').trigger('keydown', { key: 'Enter' })
    await vi.waitFor(() => expect(router.currentRoute.value.path).toBe('/inventory/i-1'), 5000)
    expect(router.currentRoute.value.query['account']).toBe('111122223333')
  })

  it('shows where a query is wrong, and does not ask for groups that nobody can tell', async () => {
    list = () => problem(400, 'The query has a mistake', { detail: 'there is no field foo', offset: 0, parameter: 'q' })
    await show('/inventory?q=foo:1%20state:running')
    expect(page.get('[role=combobox]').attributes('aria-invalid')).toBe('true')
    expect(page.text()).toContain('there is no field foo')
    expect(asked.some((one) => one.url.pathname === '/v1/cost/rate')).toBe(false)
  })

  it('tells how to begin where nothing was read', async () => {
    list = () => ({ body: { at: AT, total: 0, rates: [], instances: [] } })
    await show('/inventory')
    expect(page.text()).toContain('Nothing has been read yet')
    expect(page.text()).toContain('kopter serve --watch')
  })

  it('names a moment that makes no sense', async () => {
    await show('/inventory?at=yesterday')
    expect(page.get('[role=alert]').text()).toContain('What runs now is shown')
    expect(lists()[0]?.url.searchParams.has('at')).toBe(false)
  })
})

describe('groups', () => {
  it('are ordered by exact amounts within a currency', () => {
    const answer = { ...rate, groups: [group(['a'], '9.5'), group(['b'], '10.25'), group(['c'], '10.250000001'), group(['d'], '99', { currency: 'CNY' })] }
    const all = groupsOfRate(answer)
    expect(all.map((one) => one.value)).toEqual(['d', 'c', 'b', 'a'])
    expect(all.map((one) => Math.round(shareOf(one, all)))).toEqual([100, 100, 100, 93])
    expect(shareOf({ value: '', currency: 'USD', amount: '0', count: 1, unpriced: true }, [])).toBe(0)
  })
  it.each([['state:running', true], ['-rate_per_hour:*', true], ['(since:>now-1d)', true], ['tag.state:x', false], ['estate', false], ['type:m5.large', false]])('%s is only of the inventory: %s', (query, only) => {
    expect(onlyOfInventory(query)).toBe(only)
  })
  it.each([['2026-11-20T12:41:29Z', '2026-11-20T11:00:00Z'], ['2026-11-20T12:00:00Z', '2026-11-20T11:00:00Z'], ['2026-11-20T11:59:59Z', '2026-11-20T10:00:00Z']])('at %s are of the one whole hour from %s', (at, from) => {
    expect(hourBefore(Date.parse(at))).toEqual({ from: Date.parse(from), to: Date.parse(from) + 3_600_000 })
  })
  it('mean nothing by the words for it', () => {
    expect(['unattributed', 'untagged', 'maya'].map(queryValue)).toEqual(['', '', 'maya'])
  })
})

describe('completion', () => {
  const ask = (field: string, prefix: string) => suggestInventory(field, prefix, ['team'], new AbortController().signal)
  it('knows fields, tags, states, and the values that run', async () => {
    await show('/inventory')
    expect((await ask('', 'sta')).map((one) => one.value)).toEqual(['state'])
    expect((await ask('', 'tag')).map((one) => one.value)).toEqual(['tag.team'])
    expect((await ask('state', 's')).map((one) => one.value)).toEqual(['stopped'])
    expect(await ask('actor', '')).toEqual([{ value: 'maya', count: 1 }, { value: 'unattributed', count: 1 }])
    expect(await ask('nonsense', '')).toEqual([])
  })
})
