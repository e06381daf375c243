import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { createMemoryHistory, RouterView, type Router } from 'vue-router'
import type { api } from '@/api/client'
import { ApiError } from '@/api/error'
import Histogram from '@/components/Histogram.vue'
import { createAppRouter } from '@/router'
import { detail, event, events, FakeSource, numbered } from './fixture'
import type { AuditEvent } from './event'
// Loaded before the tests begin, not within the time of the first.
import './AuditPage.vue'
import './EventPage.vue'

// Whole pages are mounted, and other processes may keep the machine busy.
vi.setConfig({ testTimeout: 20_000 })

interface Server {
  rows: AuditEvent[]
  total: number
  error?: ApiError
  detail?: ReturnType<typeof detail>
}
let server: Server
const asked: { path: string; query: Record<string, string> }[] = []

function answer(path: string, query: Record<string, string>): unknown {
  if (server.error && query['q'] === '(') throw server.error
  switch (path) {
    case '/v1/audit/aws':
      return { events: server.rows }
    case '/v1/audit/aws/histogram':
      return { width_seconds: 3600, from: '2026-11-03T00:00:00Z', to: '2026-11-04T00:00:00Z', total: server.total, bars: [{ start: '2026-11-03T14:00:00Z', count: 3, errors: 1 }] }
    case '/v1/audit/aws/facets':
      return { total: 3, facets: [{ field: 'actor', distinct: 1, rest: 0, exact: true, values: [{ value: 'ann', count: 3 }] }] }
    case '/v1/audit/aws/count':
      return { by: [], more: false, rows: [{ values: [], count: 12 }] }
    case '/v1/audit/aws/{id}':
      if (!server.detail) throw new ApiError({ type: 'about:blank', title: 'Not found', status: 404 })
      return server.detail
    default:
      return { suggestions: [] }
  }
}
vi.mock('@/api/client', async (original) => ({
  ...(await original<object>()),
  api: {
    GET: ((path: string, { params }: { params: { query?: Record<string, string>; path?: { id: string } } }) => {
      asked.push({ path, query: params.query ?? {} })
      return new Promise((resolve) => resolve({ data: answer(path, params.query ?? {}), response: new Response() }))
    }) as unknown as typeof api.GET,
  },
}))

let page: VueWrapper
let router: Router
async function open(path: string): Promise<void> {
  router = createAppRouter(createMemoryHistory())
  await router.push(path)
  page = mount(RouterView, { attachTo: document.body, global: { plugins: [router, [VueQueryPlugin, { queryClient: new QueryClient({ defaultOptions: { queries: { retry: false } } }) }]] } })
  await settle()
}
async function settle(): Promise<void> {
  await flushPromises()
  await nextTick()
  await flushPromises()
}
async function press(key: string): Promise<void> {
  window.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }))
  await settle()
}
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000 })
const query = () => router.currentRoute.value.query
const lastOf = (path: string) => asked.findLast((one) => one.path === path)?.query
const names = () => page.findAll('.body .cell:nth-child(2)').map((cell) => cell.text())

beforeEach(() => {
  asked.length = 0
  server = { rows: events(3), total: 12345, detail: detail() }
  FakeSource.opened = []
  vi.stubGlobal('EventSource', FakeSource)
})
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

describe('the URL', () => {
  it('is the whole state: query, range, zone, columns, selection, filters', async () => {
    await open('/audit?q=actor:ann&from=2026-11-03&to=2026-11-04&zone=Europe/Berlin&cols=time,ip&sel=111122223333/e-1&facets=0')
    expect(lastOf('/v1/audit/aws')).toEqual({ q: 'actor:ann', from: '2026-11-02T23:00:00Z', to: '2026-11-03T23:00:00Z', limit: 100 })
    expect(page.findAll('[role=columnheader]').map((head) => head.text())).toEqual(['Time', 'From'])
    expect(page.get('aside h2').text()).toBe('RunInstances')
    expect(page.find('.facet-list').exists()).toBe(false)
    expect((page.get('[role=combobox]').element as HTMLInputElement).value).toBe('actor:ann')
  })

  it('changes with filters, and Back undoes them', async () => {
    await open('/audit?from=2026-11-03&to=2026-11-04')
    await page.get('[title^="Only ann"]').trigger('click')
    await settle()
    expect(query()['q']).toBe('actor:ann')
    expect(lastOf('/v1/audit/aws')?.['q']).toBe('actor:ann')
    await page.get('[aria-label="Without ann"]').trigger('click')
    await settle()
    expect(query()['q']).toBe('-actor:ann')
    await page.get('[aria-label="Without ann"]').trigger('click')
    await settle()
    expect(query()['q']).toBeUndefined()
    router.back()
    await eventually(() => expect(query()['q']).toBe('-actor:ann'))
  })

  it('takes the stretch that is chosen in the histogram, and Back gives the range again', async () => {
    await open('/audit?from=2026-11-03&to=2026-11-04')
    page.getComponent(Histogram).vm.$emit('range', Date.parse('2026-11-03T14:00:00Z'), Date.parse('2026-11-03T15:00:00Z'))
    await settle()
    expect(query()).toMatchObject({ from: '2026-11-03T14:00:00Z', to: '2026-11-03T15:00:00Z' })
    expect(lastOf('/v1/audit/aws/facets')).toMatchObject({ from: '2026-11-03T14:00:00Z' })
    router.back()
    await eventually(() => expect(query()['from']).toBe('2026-11-03'))
  })
})

describe('the panel', () => {
  it('opens by click, moves on by j and k, closes by Escape, and is one entry of the history', async () => {
    await open('/audit?from=2026-11-03&to=2026-11-04')
    await page.findAll('.body')[0]?.trigger('click')
    await settle()
    expect(query()['sel']).toBe('111122223333/e-2')
    await press('j')
    expect(query()['sel']).toBe('111122223333/e-1')
    await press('j')
    await press('k')
    expect(query()['sel']).toBe('111122223333/e-1')
    router.back()
    await eventually(() => expect(query()['sel']).toBeUndefined())
  })

  it('opens by Enter where the keys are, which alone opens nothing', async () => {
    await open('/audit?from=2026-11-03&to=2026-11-04')
    await press('j')
    expect(query()['sel']).toBeUndefined()
    await page.get('[role=grid]').trigger('keydown', { key: 'Enter' })
    await settle()
    expect(query()['sel']).toBe('111122223333/e-2')
    await press('Escape')
    expect(query()['sel']).toBeUndefined()
  })

  it('narrows the query by any value, of the record too', async () => {
    server.detail = detail({ event: event({ raw: { requestParameters: { instanceType: 'p4d.24xlarge' }, eventVersion: '1.11' } }) })
    await open('/audit?sel=111122223333/e-1')
    await page.get('[aria-label="Without Address 203.0.113.7"]').trigger('click')
    await settle()
    await page.get('[aria-label="Only p4d.24xlarge"]').trigger('click')
    await settle()
    expect(query()['q']).toBe('-ip:203.0.113.7 requestParameters.instanceType:p4d.24xlarge')
    expect(page.find('[aria-label="Only 1.11"]').exists()).toBe(false)
  })

  it('links instances, the chain of roles, and what the same actor did around', async () => {
    server.detail = detail({
      event: event({ resources: ['i-0abcdef12', 'vpc-1'], raw: {} }),
      chain: [event({ event_id: 'c-1', name: 'AssumeRole', actor: 'ann@example', principal: 'arn:aws:iam::1:user/ann' })],
      conflicts: [{ account: '1', event_id: 'e-1', time: '2026-11-03T14:05:09Z', source: 's3://b/k', raw: { other: true } }],
    })
    await open('/audit?sel=111122223333/e-1')
    const links = page.findAll('aside a').map((a) => decodeURIComponent(a.attributes('href') ?? ''))
    expect(links).toContain('/inventory/i-0abcdef12')
    expect(links).toContain('/audit/c-1?account=111122223333')
    expect(links).toContain('/audit?q=principal:arn:aws:iam::111122223333:role/deploy')
    expect(links).toContain('/audit?q=actor:ann&from=2026-11-03T13:50:09Z&to=2026-11-03T14:20:09Z')
    expect(links.some((href) => href.includes('vpc-1'))).toBe(false)
    expect(page.get('[aria-label="Conflicts"]').text()).toContain('s3://b/k')
  })

  it('shows what others wrote as text', async () => {
    const hostile = '<img src=x onerror=alert(1)>'
    const evil = event({ name: hostile, actor: hostile, user_agent: hostile, error_code: hostile, error_message: hostile, resources: [hostile, 'javascript:alert(1)'], principal: hostile, raw: { [hostile]: hostile } })
    server.rows = [evil]
    server.detail = detail({ event: evil, chain: [evil] })
    await open('/audit?sel=111122223333/e-1')
    expect(page.find('img').exists()).toBe(false)
    expect(page.get('aside h2').text()).toBe(hostile)
    expect(page.findAll('a').every((a) => a.attributes('href')?.startsWith('/'))).toBe(true)
  })
})

describe('the live tail on the page', () => {
  const source = () => FakeSource.opened.at(-1) as FakeSource
  async function say(...numbers: number[]): Promise<void> {
    source().say('event', { events: numbers.map(numbered), skipped: 0 })
    await settle()
  }

  it('starts by l, flows in at the top, and waits while a row is read', async () => {
    await open('/audit')
    await press('l')
    expect(query()['live']).toBe('1')
    source().onopen?.()
    await say(9)
    expect(names()).toHaveLength(4)
    await page.findAll('.body')[0]?.trigger('click')
    await settle()
    await say(11, 10)
    expect(names()).toHaveLength(4)
    expect(page.get('.pill').text()).toBe('2 new')
    await press('Escape')
    await page.get('.pill').trigger('click')
    await settle()
    expect(names()).toHaveLength(6)
    await press('l')
    expect(source().closed).toBe(true)
  })

  it('waits while it is paused', async () => {
    await open('/audit?live=1')
    source().onopen?.()
    await page.get('[aria-label=Pause]').trigger('click')
    await say(9)
    expect(page.get('.pill').text()).toBe('1 new')
    await page.get('[aria-label="Go on"]').trigger('click')
    await settle()
    expect(names()).toHaveLength(4)
  })

  it('says what was lost, until the list is read anew', async () => {
    await open('/audit?live=1')
    source().onopen?.()
    source().say('event', { events: [], skipped: 42 })
    await settle()
    expect(page.get('.missed').text()).toContain('42 events came too fast')
    await page.get('.missed button').trigger('click')
    await settle()
    expect(page.find('.missed').exists()).toBe(false)
  })

  it('is silent when the range has ended, and goes to the last hour when it is wanted', async () => {
    await open('/audit?live=1&from=2026-11-03&to=2026-11-04')
    expect(FakeSource.opened).toHaveLength(0)
    expect(page.get('[aria-label="Live tail"]').text()).toContain('the range has ended')
    await press('l')
    expect(query()).toMatchObject({ from: 'now-1h', live: '1' })
    expect(FakeSource.opened).toHaveLength(1)
  })
})

describe('when there is nothing', () => {
  it('says what the range and the log hold', async () => {
    server.rows = []
    await open('/audit?q=actor:nobody')
    expect(page.get('.event-table').text()).toContain('Without the query this range holds 12 events')
    await page.get('.event-table button').trigger('click')
    await settle()
    expect(query()['q']).toBeUndefined()
  })

  it('says how logs come in, when there are none at all', async () => {
    server = { rows: [], total: 0 }
    await open('/audit')
    expect(page.get('.event-table').text()).toContain('kopter serve --watch')
  })

  it('shows a mistake of the query where it is', async () => {
    server.error = new ApiError({ type: 'urn:kopter:problem:query', title: 'The query has a mistake', status: 400, detail: 'this parenthesis is never closed', offset: 0, parameter: 'q' })
    await open('/audit?q=(')
    expect(page.get('[role=search] [role=alert]').text()).toBe('this parenthesis is never closed (at character 1)')
    expect(page.find('.chart').exists()).toBe(false)
  })
})

describe('exports', () => {
  it('are of the query and the range that are shown', async () => {
    await open('/audit?q=name:"a b"&from=2026-11-03&to=2026-11-04')
    await page.get('[aria-label=Export]').trigger('click')
    const addresses = page.findAll('a[download]').map((a) => new URL(a.attributes('href') ?? '', 'http://x'))
    expect(addresses.map((url) => url.searchParams.get('format'))).toEqual(['csv', 'ndjson', 'parquet'])
    expect(Object.fromEntries(addresses[0]?.searchParams ?? [])).toEqual({ format: 'csv', q: 'name:"a b"', from: '2026-11-03T00:00:00Z', to: '2026-11-04T00:00:00Z' })
  })
})

describe('the page of an event', () => {
  it('shows it all, and filters lead to the list', async () => {
    await open('/audit/e-1?account=111122223333&zone=Asia/Tokyo')
    expect(page.get('h1').text()).toBe('RunInstances')
    expect(lastOf('/v1/audit/aws/{id}')).toEqual({ account: '111122223333' })
    expect(page.get('time').text()).toBe('2026-11-03 23:05:09')
    await page.get('[aria-label="Only Actor ann"]').trigger('click')
    await eventually(() => expect(router.currentRoute.value.fullPath).toBe('/audit?zone=Asia/Tokyo&q=actor:ann'))
  })

  it('says that there is no such event, and which accounts know the id', async () => {
    server.detail = detail({ also: ['111122223333', '999988887777'] })
    await open('/audit/e-1')
    expect(page.get('.others').text()).toContain('999988887777')
    page.unmount()
    delete server.detail
    await open('/audit/e-1')
    expect(page.text()).toContain('There is no such event')
  })
})
