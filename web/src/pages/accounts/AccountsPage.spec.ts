import { open, serve, settle } from '@/testing'
import { afterEach, describe, expect, it } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import AccountsPage from './AccountsPage.vue'
import { livenessOf, ordered, regionLiveness, totalRates, type Account } from './accounts'

const rate = (amount: string, more: object = {}) => ({ values: [], currency: 'USD', rate_per_hour: amount, count: 2, unpriced: 0, assumed: 0, ...more })
const region = (lag: number, running: number) => ({ region: 'us-east-1', last: '2026-11-25T10:00:00Z', lag_seconds: lag, running, rates: [] })
const account = (id: string, lag: number, amount: string, more: object = {}): Account => ({ account: id, last: '2026-11-25T10:00:00Z', lag_seconds: lag, running: 2, rates: [rate(amount)], regions: [region(lag, 2)], ...more })
const DAY = 86_400

let page: VueWrapper
async function show(accounts: Account[], path = '/accounts'): Promise<void> {
  serve({ 'GET /v1/accounts': () => ({ body: { now: '2026-11-25T10:00:10Z', accounts } }) })
  ;({ page } = await open(AccountsPage, path))
}
afterEach(() => {
  page?.unmount()
  document.body.replaceChildren()
})

describe('liveness', () => {
  it.each([[0, 'live'], [6 * 3600 - 1, 'live'], [6 * 3600, 'quiet'], [DAY - 1, 'quiet'], [DAY, 'silent']])('%i s is %s', (lag, said) => {
    expect(livenessOf(lag)).toBe(said)
  })
  it('of a region counts only where something runs', () => {
    expect(regionLiveness(region(40 * DAY, 0))).toBe('live')
    expect(regionLiveness(region(40 * DAY, 1))).toBe('silent')
  })
  it('puts the silent first, then the expensive, and adds currencies apart', () => {
    const all = [account('1', 0, '1'), account('2', 0, '9.5'), account('3', DAY, '0'), account('4', 0, '10', { rates: [rate('10', { currency: 'CNY' })] })]
    expect(ordered(all).map((one) => one.account)).toEqual(['3', '4', '2', '1'])
    expect(totalRates(all)).toEqual([{ currency: 'USD', rate: '10.5' }, { currency: 'CNY', rate: '10' }])
  })
})

describe('AccountsPage', () => {
  it('lets the silent stand out, and leads on with the account as a filter', async () => {
    await show([account('111122223333', 3, '1'), account('444455556666', 3 * DAY, '2')])
    const cards = page.findAll('article')
    expect(cards[0]?.text()).toMatch(/444455556666.*Silent for 3 d.*No log of it has come/s)
    expect(cards[1]?.text()).toMatch(/111122223333.*Heard 3 s ago.*\$1\.00/s)
    expect(cards[1]?.findAll('nav a').map((one) => one.attributes('href'))).toEqual(['/?q=account:111122223333', '/audit?q=account:111122223333', '/inventory?q=account:111122223333'])
    await page.get('.key-figures button').trigger('click')
    await settle()
    expect(page.findAll('article')).toHaveLength(1)
  })

  it('finds what the URL says', async () => {
    await show([account('111122223333', 3, '1'), account('444455556666', 3, '2')], '/accounts?find=4444')
    expect(page.findAll('article').map((one) => one.get('h2').text())).toEqual(['444455556666'])
  })

  it('tells how to begin', async () => {
    await show([])
    expect(page.text()).toContain('No account is known yet')
    expect(page.text()).toContain('kopter ingest ./AWSLogs')
  })
})
