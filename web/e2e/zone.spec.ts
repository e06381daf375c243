// One moment on two clocks, around the night in which Berlin's went back: at
// 01:00 UTC of 26 October 2025, from 03:00 to 02:00.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { settled } from './support/desk.ts'
import { test } from './support/test.ts'
import { World } from './support/world.ts'

let world: World
beforeAll(async () => {
  world = await World.begin()
  await world.deliver(
    { id: 'before', time: '2025-10-25T21:59:59Z', user: 'before-midnight' },
    { id: 'first', time: '2025-10-26T00:30:00Z', user: 'first' },
    { id: 'second', time: '2025-10-26T01:30:00Z', user: 'second' },
    { id: 'after', time: '2025-10-26T23:00:00Z', user: 'after-midnight' },
  )
  await world.api.idle(4)
})
afterAll(() => world.end())

const shownTimes = (page: Page) =>
  page.getByRole('grid').getByRole('row').locator('[role="gridcell"]:first-child').evaluateAll((cells) => cells.map((cell) => [cell.textContent?.trim(), cell.getAttribute('title')]))

test('in UTC a day has 24 hours', async ({ desk }) => {
  const page = await desk.open(world.served, '/audit?from=2025-10-26&to=2025-10-27')
  await settled(page)
  await expect.poll(() => shownTimes(page)).toEqual([
    ['2025-10-26 23:00:00', '2025-10-26T23:00:00Z'],
    ['2025-10-26 01:30:00', '2025-10-26T01:30:00Z'],
    ['2025-10-26 00:30:00', '2025-10-26T00:30:00Z'],
  ])
})

for (const timezone of ['America/New_York', 'Europe/Berlin']) {
  test(`in Berlin the day has 25, and 02:30 comes twice; the browser is in ${timezone}`, async ({ desk }) => {
    const path = timezone === 'Europe/Berlin' ? 'browser' : 'Europe%2FBerlin'
    const page = await desk.open(world.served, `/audit?from=2025-10-26&to=2025-10-27&zone=${path}`, { timezone })
    await settled(page)
    await expect.poll(() => shownTimes(page)).toEqual([
      ['2025-10-26 02:30:00', '2025-10-26T02:30:00+01:00'],
      ['2025-10-26 02:30:00', '2025-10-26T02:30:00+02:00'],
    ])
  })
}

test('a zone is chosen by keys, and the range moves with its clock', async ({ desk }) => {
  const page = await desk.open(world.served, '/audit?from=2025-10-26&to=2025-10-27')
  await settled(page)
  await page.keyboard.press('d')
  const dialog = page.getByRole('dialog', { name: 'Choose the time range' })
  await dialog.getByRole('textbox', { name: 'From' }).or(dialog.getByLabel('From')).first().waitFor()
  await dialog.getByLabel('Another time zone').focus()
  await page.keyboard.type('Europe/Berlin')
  const asked = page.waitForRequest((request) => request.url().includes('/v1/audit/aws?'))
  await page.keyboard.press('Tab')
  const params = new URL((await asked).url()).searchParams
  expect([params.get('from'), params.get('to')]).toEqual(['2025-10-25T22:00:00Z', '2025-10-26T23:00:00Z'])
  expect(new URL(page.url()).searchParams.get('zone')).toBe('Europe/Berlin')
  await desk.inspect(page, 'picker-zone')
})

test('an address is the whole view: another browser shows the same', async ({ desk }) => {
  const page = await desk.open(world.served, '/audit?from=2025-10-26&to=2025-10-27&zone=Europe%2FBerlin')
  await settled(page)
  await page.getByRole('row').filter({ hasText: 'second' }).click()
  await page.waitForURL(/sel=/)
  const view = async (one: typeof page) => {
    await settled(one)
    await one.getByRole('region', { name: 'Record' }).getByText('"second"').first().waitFor()
    return { rows: await shownTimes(one), chosen: await one.getByRole('row', { selected: true }).innerText(), range: await one.getByRole('group', { name: 'Time range' }).innerText() }
  }
  const other = await desk.open(world.served, page.url().slice(world.served.url.length), { timezone: 'Asia/Tokyo' })
  expect(await view(other)).toEqual(await view(page))
})
