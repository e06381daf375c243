import { open, press, problem, serve, settle, type Answer, type Asked } from '@/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import type { Router } from 'vue-router'
import { linksOf, neighbour, type Notification } from './notifications'
import NotificationsPage from './NotificationsPage.vue'

const note = (id: string, more: Partial<Notification> = {}): Notification => ({
  id, kind: 'cost-step', severity: 'critical', time: '2026-11-25T10:00:00Z', title: `Step ${id} <b>`, detail: 'line one\nline two', state: 'open', account: '111122223333', region: 'us-east-1',
  resource: 'i-1', event_id: `e-${id}`, principal: 'arn:aws:iam::111122223333:role/gpu', actor: 'maya', ip: '198.51.100.9', delta_per_hour: '32.1531140000', currency: 'USD', ...more,
})

let page: VueWrapper
let router: Router
let asked: Asked[]
let all: Notification[]
let patch: (one: Asked) => Answer
beforeEach(() => {
  all = [note('a'), note('b', { kind: 'silence', severity: 'warning' }), note('c', { state: 'acknowledged' })]
  patch = ({ url, body }) => {
    const one = all.find((known) => url.pathname.endsWith(`/${known.id}`))
    if (one) one.state = (body as Notification).state
    return { body: one }
  }
  asked = serve({
    'GET /v1/notifications': ({ url }) => {
      const state = url.searchParams.get('state')
      return { body: { notifications: all.filter((one) => state === 'all' || one.state === state), open: all.filter((one) => one.state === 'open').length } }
    },
    'PATCH /v1/notifications/': (one) => patch(one),
  })
})
afterEach(() => {
  page?.unmount()
  document.body.replaceChildren()
})
async function show(path = '/notifications'): Promise<void> {
  ;({ page, router } = await open(NotificationsPage, path))
}
const titles = () => page.findAll('.item').map((one) => one.get('.title').text())
const patched = () => asked.filter((one) => one.method === 'PATCH').map((one) => [one.url.pathname.split('/').pop(), (one.body as Notification).state])

describe('NotificationsPage', () => {
  it('is read and worked off by keys, and an acknowledgement can be undone', async () => {
    await show()
    expect(titles()).toEqual(['Step a <b>', 'Step b <b>'])
    expect(page.text()).toContain('2 open')
    await press('j')
    expect(page.get('.detail').text()).toMatch(/line one\s+line two.*198\.51\.100\.9/s)
    await press('e')
    expect(patched()).toEqual([['a', 'acknowledged']])
    expect(titles()).toEqual(['Step b <b>'])
    expect(router.currentRoute.value.query['sel']).toBe('b')
    expect(page.get('.toast').text()).toContain('Acknowledged: Step a <b>')
    await press('u')
    expect(patched()).toEqual([['a', 'acknowledged'], ['a', 'open']])
    expect(titles()).toEqual(['Step a <b>', 'Step b <b>'])
    expect(page.get('.toast').text()).toBe('')
    await press('k')
    expect(router.currentRoute.value.query['sel']).toBe('a')
  })

  it('shows all, and opens one again', async () => {
    await show('/notifications?state=all&sel=c')
    expect(titles()).toHaveLength(3)
    await page.findAll('.act')[2]?.trigger('click')
    await settle()
    expect(patched()).toEqual([['c', 'open']])
    expect(page.text()).toContain('3 open')
  })

  it('says when nothing is open, and when a mark failed', async () => {
    patch = () => problem(503, 'Not now')
    await show()
    await page.get('.act').trigger('click')
    await settle()
    expect(page.get('[role=alert]').text()).toContain('Not now')
    expect(titles()).toHaveLength(2)
    page.unmount()
    all = []
    await show()
    expect(page.text()).toContain('Nothing to look at')
  })
})

describe('links', () => {
  it('lead to the event, the resource, and the cost at that time', () => {
    expect(linksOf(note('a'), { zone: 'browser' }).map(({ label, to }) => [label, to.name, to.query])).toEqual([
      ['Event', 'event', { zone: 'browser', account: '111122223333' }],
      ['i-1', 'resource', { zone: 'browser', account: '111122223333' }],
      ['Cost at that time', 'cost', { zone: 'browser', from: '2026-11-25T04:00:00Z', to: '2026-11-25T16:00:00Z', q: 'account:111122223333' }],
      ['All that they did', 'audit', expect.objectContaining({ q: 'principal:arn:aws:iam::111122223333:role/gpu' })],
    ])
  })
  it.each([['dead-letter', 'pipeline'], ['quarantine', 'pipeline'], ['silence', 'accounts']] as const)('of %s lead to %s', (kind, name) => {
    const bare: Notification = { id: 'x', kind, severity: 'info', time: '2026-11-25T10:00:00Z', title: '', detail: '', state: 'open' }
    expect(linksOf(bare, {}).map((one) => one.to.name)).toEqual([name])
  })
  it('has no neighbour beyond the ends', () => {
    const [a, b] = [note('a'), note('b')]
    expect([neighbour([a, b], 'a', 1), neighbour([a, b], 'b', 1), neighbour([a, b], 'a', -1), neighbour([a, b], 'x', 1)]).toEqual([b, undefined, undefined, undefined])
  })
})
