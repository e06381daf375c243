import { VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import axe from 'axe-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, type Router } from 'vue-router'
import { createQueryClient } from '@/api/queryClient'
import StepChart from '@/components/StepChart.vue'
import { createAppRouter } from '@/router'
import CostPage from './CostPage.vue'
import { change, event, graph, rate, series, step } from './fixture'
import { PACE } from './useLiveCost'

// The server: what it was asked, and what it answers by path.
const { asked, answers, FakePlot } = vi.hoisted(() => {
  const asked: URL[] = []
  const answers = new Map<string, (url: URL) => { status?: number; body: unknown } | Promise<never>>()
  globalThis.fetch = async (input) => {
    const url = new URL((input as Request).url)
    asked.push(url)
    const found = [...answers].find(([path]) => url.pathname.startsWith(path))?.[1]
    const { status = 200, body } = (await found?.(url)) ?? { status: 404, body: { type: 'about:blank', title: 'Not here', status: 404 } }
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } })
  }
  class FakePlot {
    static paths = {}
    cursor = { left: -10 }
    bbox = { left: 0 }
    over = document.createElement('div')
    setData = vi.fn()
    setCursor = vi.fn()
    redraw = vi.fn()
    constructor(_options: unknown, _data: unknown, host: HTMLElement) {
      host.append(this.over)
    }
    posToVal = (at: number) => at
    valToPos = (value: number) => value
    destroy = vi.fn()
  }
  return { asked, answers, FakePlot }
})
vi.mock('uplot', () => ({ default: FakePlot }))

class FakeStream extends EventTarget {
  static last: FakeStream
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  readyState = 0
  constructor() {
    super()
    FakeStream.last = this
  }
  close(): void {}
  say(name: string, data: unknown): void {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data), lastEventId: '' }))
  }
}

let page: VueWrapper
let router: Router

async function open(path = '/?from=2026-11-24T00:00:00Z&to=2026-11-24T04:00:00Z&by=region'): Promise<void> {
  router = createAppRouter(createMemoryHistory())
  await router.push(path)
  page = mount(CostPage, { attachTo: document.body.appendChild(document.createElement('main')), global: { plugins: [router, [VueQueryPlugin, { queryClient: createQueryClient() }]] } })
  await settle()
}
async function settle(): Promise<void> {
  for (let i = 0; i < 6; i++) await flushPromises()
}
const query = () => router.currentRoute.value.query
const last = (path: string) => asked.findLast((url) => url.pathname === path)?.searchParams
const chart = (i = 0) => page.findAll('.chart-card')[i] as NonNullable<ReturnType<VueWrapper['find']>>
const series1 = (name: string) => page.findAll('.lines button').find((button) => button.get('.name').text() === name)
async function press(keys: string, target: EventTarget = window): Promise<void> {
  target.dispatchEvent(new KeyboardEvent('keydown', { key: keys, bubbles: true, cancelable: true }))
  await settle()
}

beforeEach(() => {
  vi.stubGlobal('EventSource', FakeStream)
  asked.splice(0)
  answers.clear()
  answers.set('/v1/cost/graph', () => ({ body: graph() }))
  answers.set('/v1/cost/rate', () => ({ body: rate }))
  answers.set('/v1/cost/changes', () => ({ body: { changes: [change()], more: false } }))
  answers.set('/v1/cost/steps', () => ({ body: { steps: [step(), step({ resource: 'i-0bb' })] } }))
  answers.set('/v1/audit/aws/', () => ({ body: { event: event(), conflicts: [], chain: [event()], chain_end: 'origin', also: [] } }))
})
afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the Cost page', () => {
  it('shows a chart for each currency, and never their sum', async () => {
    await open()
    expect(page.findAll('.chart-card').map((card) => card.get('h2').text())).toEqual(['CNY per hour', 'USD per hour'])
    expect(page.findAll('.chart-card .total').map((total) => total.text())).toEqual(['Total CN¥28.00', 'Total $10.10'])
    expect(page.get('.headline').text()).toMatch(/Now.*CN¥7\.00\/h.*\$4\.60\/h.*12 instances, 2 without a price/)
    expect(page.get('.headline').text()).toMatch(/Projected month.*CN¥5\u202f040\.00.*\$1\u202f999\.00/)
  })

  it('asks for what its URL says', async () => {
    await open('/?from=2026-11-24T00:00:00Z&to=2026-11-24T04:00:00Z&by=tag.team&step=day&q=type:m5.large')
    expect(Object.fromEntries(last('/v1/cost/graph') ?? [])).toEqual({ from: '2026-11-24T00:00:00Z', to: '2026-11-24T04:00:00Z', by: 'tag.team', step: 'day', q: 'type:m5.large' })
    expect(last('/v1/cost/rate')?.get('q')).toBe('type:m5.large')
    expect((page.get('[aria-label="Key of the tag"]').element as HTMLInputElement).value).toBe('team')
  })

  it('keeps every control in the URL, and leaves defaults out', async () => {
    await open()
    await page.get('.by select').setValue('type')
    await settle()
    expect(query()['by']).toBeUndefined()
    await page.get('.by select').setValue('none')
    await settle()
    await page.get('input[value="sum"]').setValue(true)
    await settle()
    await page.get('input[value="month"]').setValue(true)
    await settle()
    expect(query()).toMatchObject({ by: 'none', show: 'sum', step: 'month' })
    expect(last('/v1/cost/graph')?.get('by')).toBe('')
    await page.findAll('button').find((button) => button.text() === 'View as table')?.trigger('click')
    await settle()
    expect(query()['view']).toBe('table')
    router.back()
    await settle()
    expect(query()['view']).toBeUndefined()
  })

  it('isolates a series, narrows the changes to it, and shows all again', async () => {
    await open()
    await series1('eu-west-1')?.trigger('click')
    await settle()
    expect(query()['only']).toBe('USD/eu-west-1')
    expect(page.findAllComponents(StepChart).map((one) => one.props('isolated'))).toEqual([null, 'USD/eu-west-1'])
    expect(last('/v1/cost/changes')?.get('q')).toBe('region:eu-west-1')
    await series1('Other')?.trigger('click')
    await settle()
    expect(last('/v1/cost/changes')?.get('q')).toBe('-region:eu-west-1 -region:us-east-1')
    await press('x')
    expect(query()['only']).toBeUndefined()
  })

  it('sorts its list of series', async () => {
    await open()
    const names = () => chart(1).findAll('.name').map((name) => name.text())
    expect(names()).toEqual(['eu-west-1', 'us-east-1', 'Other'])
    answers.set('/v1/cost/graph', () => ({ body: graph({ series: [series(['b'], ['2', '2', '2', '2']), series(['a'], ['1', '1', '1', '1'])] }) }))
    await open('/?by=region&order=name')
    expect(names()).toEqual(['a', 'b'])
  })

  it('sums up, and says so at the axis', async () => {
    await open('/?by=region&show=sum')
    expect(chart(1).get('h2').text()).toBe('USD since the beginning of the range')
    expect(page.findAllComponents(StepChart)[1]?.props('cumulative')).toBe(true)
  })

  it('draws days as bars of their cost, in days of UTC', async () => {
    answers.set('/v1/cost/graph', () => ({ body: graph({ step: 'day' }) }))
    await open('/?by=region&zone=Asia/Tokyo')
    expect(chart(1).get('h2').text()).toBe('USD in each day; days of UTC')
    expect(page.findAllComponents(StepChart)[1]?.props()).toMatchObject({ bars: true, zone: 'utc' })
  })

  it('links to the file of what is shown', async () => {
    await open()
    await page.get('.download button').trigger('click')
    const links = page.findAll('.download a').map((link) => new URL(link.attributes('href') ?? '', 'http://x'))
    expect(links.map((link) => link.searchParams.get('format'))).toEqual(['csv', 'parquet', 'ndjson'])
    expect(Object.fromEntries(links[0]?.searchParams ?? [])).toEqual({ format: 'csv', step: 'hour', by: 'region', from: '2026-11-24T00:00:00Z', to: '2026-11-24T04:00:00Z' })
  })

  it('shows what is not known, never as nothing', async () => {
    await open()
    expect(page.get('.notes summary').text()).toBe('What is not known: 0.5 h without a price, for 1 reason · assumed')
    expect(page.get('.notes').text()).toContain('kopter prices update --region us-east-1')
    const totals = [{ currency: 'USD', amount: '0.000000000', seconds: 3600, unpriced_seconds: 3600 }]
    answers.set('/v1/cost/graph', () => ({ body: graph({ series: [series(['x'], ['0', '0', '0', '0'], { unpriced_seconds: 3600 })], totals }) }))
    await open()
    expect(page.text()).toContain('which is not the same as free')
    expect(series1('x')?.get('.amount').text()).toBe('no price')
    expect(series1('x')?.get('.share').text()).toBe('–')
  })
})

describe('a zoom', () => {
  it('is painted from what is at hand while the server is asked, and Back undoes it', async () => {
    await open()
    answers.set('/v1/cost/graph', () => new Promise<never>(() => {}))
    page.findAllComponents(StepChart)[1]?.vm.$emit('range', Date.UTC(2026, 10, 24, 1), Date.UTC(2026, 10, 24, 3))
    await settle()
    expect(query()).toMatchObject({ from: '2026-11-24T01:00:00Z', to: '2026-11-24T03:00:00Z' })
    expect(page.findAllComponents(StepChart)[1]?.props()).toMatchObject({ starts: [Date.UTC(2026, 10, 24, 1), Date.UTC(2026, 10, 24, 2)], end: Date.UTC(2026, 10, 24, 3) })
    router.back()
    await settle()
    expect(page.findAllComponents(StepChart)[1]?.props('starts')).toHaveLength(4)
  })
})

describe('what happened here', () => {
  const two = Date.UTC(2026, 10, 24, 2)
  async function click(): Promise<void> {
    page.findAllComponents(StepChart)[1]?.vm.$emit('step', { time: two + 1, start: two, end: two + 3_600_000, key: 'USD/eu-west-1' })
    await settle()
    await vi.waitUntil(() => page.find('.side-panel .facts').exists())
    await settle()
  }

  it('names the call, the person, the chain of roles, the sum and each resource', async () => {
    await open()
    await click()
    expect(query()).toMatchObject({ at: '2026-11-24T02:00:00.000Z', until: '2026-11-24T03:00:00.000Z', of: 'USD/eu-west-1' })
    expect(Object.fromEntries(last('/v1/cost/changes') ?? [])).toMatchObject({ q: 'region:eu-west-1', from: '2026-11-24T01:00:00.000Z', to: '2026-11-24T03:00:00.000Z' })
    const text = page.get('.side-panel').text()
    for (const part of ['eu-west-1', '+$3.00/h', 'ada@example.com', 'role/deploy', 'session ada', '198.51.100.7', 'aws-cli/2', 'ASIA1', '3 × $1.00/h', 'SKU1', 'price list 2026-10', 'i-0bb', 'or up to 15 min later', 'RunInstances; DescribeInstances']) {
      expect(text).toContain(part)
    }
    expect(page.get('.side-panel .chain').text()).toContain('AssumeRole by ada.lovelace from 198.51.100.7')
    expect(page.get('.side-panel .facts').findAll('a').map((link) => link.attributes('href'))).toContain('/audit/e-1?from=2026-11-24T00:00:00Z&to=2026-11-24T04:00:00Z&account=111122223333')
    expect(page.findAll('.side-panel .steps a')[0]?.attributes('href')).toMatch(/^\/inventory\/i-0aa\?/)
  })

  it('is opened and left by keys', async () => {
    await open()
    const canvas = chart(1).get('[role=application]')
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'Enter']) await canvas.trigger('keydown', { key })
    await settle()
    await vi.waitUntil(() => page.find('.side-panel').exists())
    expect(query()).toMatchObject({ at: '2026-11-24T02:00:00.000Z', of: '*USD' })
    await page.get('[aria-label="The hour after"]').trigger('click')
    await settle()
    expect(query()['at']).toBe('2026-11-24T03:00:00.000Z')
    await press('Escape')
    expect(page.find('.side-panel').exists()).toBe(false)
    expect(query()['at']).toBeUndefined()
  })

  it('shows what others did when the group did nothing', async () => {
    answers.set('/v1/cost/changes', (url) => ({ body: { changes: url.searchParams.get('q') === '' ? [change({ account: '9' })] : [], more: false } }))
    await open()
    await click()
    expect(page.get('.side-panel [aria-label="To other groups, then"]').text()).toContain('ada@example.com')
  })
})

describe('the other forms', () => {
  it('leads who has nothing to logs and prices', async () => {
    answers.set('/v1/cost/graph', () => ({ body: graph({ series: [], totals: [], starts: [], fresh: { now: '2026-11-24T03:30:00Z' } }) }))
    await open()
    expect(page.text()).toContain('kopter ingest ./AWSLogs')
    expect(page.text()).toContain('kopter prices update')
  })

  it('offers a way out of a filter that matches nothing', async () => {
    answers.set('/v1/cost/graph', () => ({ body: graph({ series: [], totals: [], starts: [] }) }))
    await open('/?q=region:mars')
    await page.findAll('button').find((button) => button.text() === 'Clear the filter')?.trigger('click')
    await settle()
    expect(query()['q']).toBeUndefined()
  })

  it('shows where a query is wrong', async () => {
    const problem = { type: 'urn:kopter:problem:query', title: 'The query has a mistake', status: 400, detail: 'there is no field é', offset: 3 }
    answers.set('/v1/cost/graph', () => ({ status: 400, body: problem }))
    await open('/?q=é é:x')
    expect(page.get('form.query [role=alert]').text()).toBe('there is no field é (at character 3)')
    expect(page.text()).toContain('The query has a mistake')
  })

  it('says that it is old when the stream is lost', async () => {
    await open('/?by=region')
    expect(page.text()).not.toContain('a newer answer has not come')
    FakeStream.last.readyState = 2
    FakeStream.last.onerror?.()
    await settle()
    expect(page.text()).toContain('a newer answer has not come')
  })

  it('hears the run-rate at once, and looks at the graph at its own pace', async () => {
    await open('/?by=region')
    vi.useFakeTimers()
    const before = asked.length
    for (let i = 0; i < 5; i++) FakeStream.last.say('cost', { at: '', totals: [{ ...rate.totals[1], rate_per_hour: '9.5' }], steps: [] })
    await vi.advanceTimersByTimeAsync(1)
    expect(page.get('.headline').text()).toContain('$9.50/h')
    expect(asked).toHaveLength(before)
    await vi.advanceTimersByTimeAsync(PACE)
    expect(asked.slice(before).map((url) => url.pathname).toSorted()).toEqual(['/v1/cost/changes', '/v1/cost/graph', '/v1/cost/rate'])
  })
})

it.each(['/?by=region', '/?by=region&view=table&at=2026-11-24T02:00:00Z&until=2026-11-24T03:00:00Z&of=USD/eu-west-1'])('is sound for assistive technology: %s', async (path) => {
  await open(path)
  if (path.includes('at=')) await vi.waitUntil(() => page.find('.side-panel .chain').exists())
  const { violations } = await axe.run(document.body, { rules: { region: { enabled: false }, 'color-contrast': { enabled: false }, 'page-has-heading-one': { enabled: true } } })
  expect(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join('\n')}`)).toEqual([])
})
