import { open, press, problem, serve, settle, type Asked } from '@/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import type { Router } from 'vue-router'
import ResourcePage from './ResourcePage.vue'

const cause = (name: string, id: string) => ({
  event_id: id, event_name: name, time: '2026-11-20T08:00:00Z', principal: 'arn:aws:iam::111122223333:role/deploy', actor: 'maya', actor_type: 'AssumedRole',
  session: 'maya', access_key: 'ASIAEXAMPLE', ip: '198.51.100.7', user_agent: '<script>alert(1)</script>',
})
const interval = (day: string, more: object = {}) => ({
  start: `${day}T08:00:00Z`, end: `${day}T18:00:00Z`, not_after: `${day}T18:00:00Z`, open: false, type: 'm5.large', operation: 'RunInstances', operation_assumed: true,
  tenancy: 'Shared', purchase: 'on-demand', seconds: 36_000, tags: {}, evidence: ['end bounded: last known to run'], opened_by: cause('StartInstances', `open-${day}`), closed_by: cause('StopInstances', `close-${day}`),
  prices: [{ from: `${day}T08:00:00Z`, to: `${day}T18:00:00Z`, currency: 'USD', rate_per_hour: '0.0960000000', amount: '0.96', sku: 'SKU1', price_version: '20260903' }], ...more,
})
const resource = {
  resource: 'i-1', account: '111122223333', region: 'us-east-1', zone: 'us-east-1a', state: 'stopped', since: '2026-11-21T18:00:00Z', launched_by: cause('RunInstances', 'launch'),
  tags: { Name: 'web', 'aws:autoscaling:groupName': 'g' }, also: ['444455556666'],
  totals: [{ currency: 'USD', amount: '1.92', seconds: 72_000, unpriced_seconds: 0, uncertain_seconds: 7200, assumed_seconds: 0, marketplace_seconds: 0 }],
  intervals: [interval('2026-11-20'), interval('2026-11-21', { not_after: '2026-11-21T20:00:00Z' })],
}

let page: VueWrapper
let router: Router
let asked: Asked[]
let answer: () => { status?: number; body?: unknown }
async function show(path = '/inventory/i-1?account=111122223333'): Promise<void> {
  ;({ page, router } = await open(ResourcePage, path))
}
beforeEach(() => {
  answer = () => ({ body: resource })
  asked = serve({
    'GET /v1/inventory/': () => answer(),
    'GET /v1/audit/aws/': () => ({ body: { event: {}, conflicts: [], also: [], chain_end: 'origin', chain: [{ event_id: 'assume', name: 'AssumeRole', actor: 'maya', principal: '', ip: '203.0.113.1', time: '2026-11-20T07:59:00Z', account: '111122223333' }] } }),
  })
})
afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})

describe('ResourcePage', () => {
  it('says what it is, what it cost, who launched it, and where the key came from', async () => {
    await show()
    expect(asked[0]?.url.searchParams.get('account')).toBe('111122223333')
    expect(page.get('h1').text()).toBe('i-1')
    expect(page.text()).toMatch(/Per hour\s*–.*In all\s*\$1\.92/s)
    expect(page.text()).toContain('2 h uncertain and not counted')
    expect(page.text()).toMatch(/Launched by.*maya.*RunInstances.*198\.51\.100\.7.*AssumeRole.*203\.0\.113\.1/s)
    expect(page.get('a[href^="/audit/launch"]').attributes('href')).toBe('/audit/launch?account=111122223333')
    expect(page.get('[role=note] a').attributes('href')).toBe('/inventory/i-1?account=444455556666')
    expect(page.find('a[href*="aws:autoscaling"]').exists()).toBe(false)
    expect(page.find('script').exists()).toBe(false)
  })

  it('lists stretches, the newest first, and opens one into prices, causes and evidence', async () => {
    await show()
    const items = page.findAll('.interval')
    expect(items.map((one) => one.get('.line').text())).toEqual([expect.stringMatching(/2026-11-21 08:00:00.*end uncertain.*10 h.*m5\.large.*maya.*\$0\.96/s), expect.stringMatching(/2026-11-20/)])
    await items[0]?.get('.line').trigger('click')
    await settle()
    expect(router.currentRoute.value.query['open']).toBe('2026-11-21T08:00:00Z')
    expect(items[0]?.get('.detail').text()).toMatch(/RunInstances.*assumed.*Over by 2026-11-21 20:00:00.*\$0\.096.*SKU1.*20260903.*StartInstances.*StopInstances.*end bounded/s)
  })

  it('draws a lane that a click on opens, and keys zoom by the URL', async () => {
    await show()
    expect(page.findAll('.part')).toHaveLength(2)
    expect(page.findAll('.doubt')).toHaveLength(1)
    expect(page.get('[role=img]').attributes('aria-label')).toMatch(/2 stretches as m5\.large; 1 of them with an uncertain end/)
    await page.findAll('.part')[0]?.trigger('click')
    await settle()
    expect(router.currentRoute.value.query['open']).toBe('2026-11-20T08:00:00Z')
    await press('+')
    const { since, until } = router.currentRoute.value.query
    expect(Date.parse(String(until)) - Date.parse(String(since))).toBeLessThan(20 * 3_600_000)
    await press('0')
    expect(router.currentRoute.value.query['since']).toBeUndefined()
  })

  it('says that nothing is known, and where to look on', async () => {
    answer = () => problem(404, 'There is no such resource')
    await show()
    expect(page.text()).toContain('Nothing is known of this resource')
    expect(page.get('.panel a').attributes('href')).toContain('/audit?from=all&to=now&q=resource:i-1')
  })

  it('shows what went wrong, and tries again', async () => {
    answer = () => problem(400, 'Wrong', { request_id: 'R1' })
    await show()
    expect(page.get('[role=alert]').text()).toMatch(/Wrong.*R1/)
    answer = () => ({ body: resource })
    await page.get('[role=alert] button').trigger('click')
    await settle()
    expect(page.findAll('.interval')).toHaveLength(2)
  })
})
