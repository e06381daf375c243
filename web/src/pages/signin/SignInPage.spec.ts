import { open, problem, serve, settle, type Answer, type Asked } from '@/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import type { Router } from 'vue-router'
import SignInPage from './SignInPage.vue'

let page: VueWrapper
let router: Router
let asked: Asked[]
let answer: Answer
beforeEach(() => {
  answer = { body: { tenant: 'local', name: 'owner', version: 'v1', demo: false } }
  asked = serve({ 'POST /v1/session': () => answer })
})
afterEach(() => {
  page?.unmount()
  document.body.replaceChildren()
  vi.restoreAllMocks()
})
async function show(path: string): Promise<void> {
  ;({ page, router } = await open(SignInPage, path))
}
const goneTo = (path: string) => vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe(path), 5000)

describe('SignInPage', () => {
  it('exchanges the secret, takes it out of the address, and goes on', async () => {
    const replaced = vi.spyOn(history, 'replaceState')
    await show('/signin?next=/accounts?find%3D4#s3cret')
    expect(asked.map((one) => one.body)).toEqual([{ secret: 's3cret' }])
    expect(replaced).toHaveBeenCalledWith(history.state, '', '/signin')
    await goneTo('/accounts?find=4')
  })

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])('never goes to %s', async (next) => {
    await show(`/signin?next=${encodeURIComponent(next)}#s3cret`)
    await goneTo('/')
  })

  it.each([401, 403])('explains a link that does not hold (%i), and how to get another', async (status) => {
    answer = problem(status, 'The sign-in link does not hold')
    await show('/signin#used')
    expect(page.get('[role=alert]').text()).toContain('This link does not hold anymore')
    expect(page.text()).toMatch(/Create a sign-in link.*start it again/s)
    expect(router.currentRoute.value.name).toBe('signin')
  })

  it('takes a pasted link, and does not blame it for the server’s faults', async () => {
    answer = problem(500, 'Broken', { detail: 'Try later' })
    await show('/signin')
    expect(asked).toHaveLength(0)
    await page.get('input').setValue('  http://127.0.0.1:8480/signin#abc ')
    await page.get('form').trigger('submit')
    await settle()
    expect(asked.map((one) => one.body)).toEqual([{ secret: 'abc' }])
    expect(page.get('[role=alert]').text()).toMatch(/Broken\s*Try later/)
    expect(page.text()).not.toContain('To get another')
  })
})
