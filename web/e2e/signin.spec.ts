// Getting in by a one-time link, out again, and back to where one was.
import { expect } from 'vitest'
import { Client } from './support/client.ts'
import { test } from './support/test.ts'

const REFUSED = /console: .*status of 40[13]/

test('a link signs in once, and leaves no secret in the address', async ({ desk, demo, api }) => {
  desk.allow(REFUSED)
  const link = new URL(await api.link())
  const page = await desk.open(demo, link.pathname + link.hash, { session: false })
  await page.getByRole('heading', { level: 1, name: 'Cost' }).waitFor()
  expect(page.url()).toBe(`${demo.url}/`)
  const cookie = (await page.context().cookies())[0]
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })

  const other = await desk.open(demo, link.pathname + link.hash, { session: false })
  await other.getByText('This link does not hold anymore').waitFor()
  await desk.inspect(other, 'signin-used')
})

test('a link that is pasted signs in, too', async ({ desk, demo, api }) => {
  desk.allow(REFUSED)
  const page = await desk.open(demo, '/signin', { session: false })
  await page.getByLabel('Sign-in link or its code').fill(await api.link())
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Cost' }).waitFor()
})

test('who is not signed in comes back to the page that was asked for', async ({ desk, demo, api }) => {
  desk.allow(REFUSED)
  const page = await desk.open(demo, '/inventory?from=now-24h', { session: false })
  await page.getByRole('heading', { level: 1, name: 'Sign in to Kopter' }).waitFor()
  await page.getByLabel('Sign-in link or its code').fill(await api.link())
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Inventory' }).waitFor()
  expect(new URL(page.url()).search).toBe('?from=now-24h')
})

test('a link leads nowhere else', async ({ desk, demo, api }) => {
  desk.allow(REFUSED)
  for (const next of ['//example.com/', '/\\example.com', 'https://example.com/']) {
    const page = await desk.open(demo, `/signin?next=${encodeURIComponent(next)}`, { session: false })
    await page.getByLabel('Sign-in link or its code').fill(await api.link())
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Cost' }).waitFor()
    expect(page.url()).toBe(`${demo.url}/`)
  }
})

test('signing out ends the session for good', async ({ desk, demo, api }) => {
  desk.allow(REFUSED)
  const cookie = await Client.exchange(demo.url, new URL(await api.link()).hash.slice(1))
  const page = await desk.open({ url: demo.url, cookie }, '/accounts')
  await page.getByRole('button', { name: /^Sign out/ }).click()
  await page.getByRole('heading', { level: 1, name: 'Sign in to Kopter' }).waitFor()
  expect((await new Client(demo.url, { cookie }).fetch('/v1/accounts')).status).toBe(401)
  await page.goto('/accounts')
  await page.getByRole('heading', { level: 1, name: 'Sign in to Kopter' }).waitFor()
})

for (const mode of ['light', 'dark', 'phone'] as const) {
  test(`the sign-in page in ${mode}`, async ({ desk, demo }) => {
    desk.allow(REFUSED)
    const page = await desk.open(demo, '/signin', { mode, session: false })
    await desk.inspect(page, `signin-${mode}`)
  })
}
