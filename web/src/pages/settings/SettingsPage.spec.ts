import { open, problem, serve, settle, type Asked } from '@/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import type { Router } from 'vue-router'
import SettingsPage from './SettingsPage.vue'

const token = (id: string, name: string, more: object = {}) => ({ id, name, created: '2026-11-20T10:00:00Z', expires: '2999-01-01T00:00:00Z', ...more })

let page: VueWrapper
let router: Router
let asked: Asked[]
let tokens: { id: string }[]
let refuse: boolean
beforeEach(async () => {
  tokens = [token('t1', 'old <i>', { expires: '2026-11-21T10:00:00Z' })]
  refuse = false
  asked = serve({
    'GET /v1/session': () => ({ body: { tenant: 'local', name: 'owner', version: 'v1.2.3', demo: true, expires: '2026-12-02T10:49:00Z' } }),
    'DELETE /v1/session': () => ({ status: 204 }),
    'POST /v1/session/links': () => (refuse ? problem(429, 'Too many links', { detail: 'Wait' }) : { status: 201, body: { url: 'http://h/signin#abc', expires: '2026-11-25T11:05:00Z' } }),
    'GET /v1/tokens': () => ({ body: { tokens } }),
    'POST /v1/tokens': ({ body }) => {
      const made = token('t2', (body as { name: string }).name)
      tokens = [...tokens, made]
      return { status: 201, body: { token: made, secret: 'kpt_secret' } }
    },
    'DELETE /v1/tokens/': ({ url }) => {
      tokens = tokens.filter((one) => !url.pathname.endsWith(one.id))
      return { status: 204 }
    },
  })
  ;({ page, router } = await open(SettingsPage, '/settings'))
})
afterEach(() => {
  page.unmount()
  document.body.replaceChildren()
})
const button = (label: string) => page.findAll('button').find((one) => one.text() === label)
async function click(label: string): Promise<void> {
  await button(label)?.trigger('click')
  await settle()
}

describe('SettingsPage', () => {
  it('says who is signed in, and signs out', async () => {
    expect(page.text()).toMatch(/owner.*local.*2026-12-02 10:49 UTC.*v1\.2\.3.*Simulated/s)
    await click('Sign out of this browser')
    expect(asked.some((one) => one.method === 'DELETE' && one.url.pathname === '/v1/session')).toBe(true)
    await vi.waitFor(() => expect(router.currentRoute.value.name).toBe('signin'), 5000)
  })

  it('creates a link for another browser, or says why not', async () => {
    await click('Create a sign-in link')
    expect(page.get('[aria-labelledby=settings-link] .secret').text()).toMatch(/http:\/\/h\/signin#abc.*Good once, until 2026-11-25 11:05 UTC/s)
    refuse = true
    await click('Create another link')
    expect(page.get('[aria-labelledby=settings-link] [role=alert]').text()).toBe('Too many links. Wait')
  })

  it('creates a token, shows its secret once, and revokes when asked twice', async () => {
    expect(page.get('.tokens').text()).toMatch(/old <i>\s*expired.*never used/s)
    await page.get('[aria-labelledby=settings-tokens] input').setValue(' nightly ')
    await page.get('select').setValue('30')
    await page.get('[aria-labelledby=settings-tokens] form').trigger('submit')
    await settle()
    expect(asked.findLast((one) => one.method === 'POST')?.body).toEqual({ name: 'nightly', days: 30 })
    expect(page.text()).toContain('kpt_secret')
    await click('I have it')
    expect(page.text()).not.toContain('kpt_secret')
    expect(page.findAll('.tokens li')).toHaveLength(2)
    await page.get('[aria-label="Revoke nightly"]').trigger('click')
    await settle()
    expect(page.findAll('.tokens li')).toHaveLength(2)
    await page.get('.sure').trigger('click')
    await settle()
    expect(page.findAll('.tokens li').map((one) => one.get('strong').text())).toEqual(['old <i>'])
  })

  it('keeps the zone in the address, and refuses one that does not exist', async () => {
    await page.get('input[value=browser]').setValue(true)
    await settle()
    expect(router.currentRoute.value.query['zone']).toBe('browser')
    await page.get('input[value=named]').setValue(true)
    const name = page.get('[aria-label="Name of the time zone"]')
    await name.setValue('Mars/Base')
    await settle()
    expect(page.text()).toContain('"Mars/Base" is not a time zone')
    expect(router.currentRoute.value.query['zone']).toBe('browser')
    await name.setValue('Europe/Berlin')
    await settle()
    expect(router.currentRoute.value.query['zone']).toBe('Europe/Berlin')
  })
})
