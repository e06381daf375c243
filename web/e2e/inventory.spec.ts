// What runs now, or ran at a moment, and the life of one of it.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Schemas } from './support/client.ts'
import { settled } from './support/desk.ts'
import { daysAgo, nano } from './support/figures.ts'
import { tabTo } from './support/keys.ts'
import { test } from './support/test.ts'

const at = daysAgo(5, 0).from
const table = (page: Page) => page.getByRole('grid', { name: 'Instances' })
const rows = (page: Page) => table(page).getByRole('row').filter({ has: page.getByRole('gridcell') })
const params = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)

async function open(page: Page): Promise<void> {
  await settled(page)
  await rows(page).first().waitFor()
}
/** The first cells of the rows in view. */
function column(page: Page): Promise<string[]> {
  return rows(page).locator('[role="gridcell"]:first-child').allInnerTexts()
}

test('what ran at a moment is what the API says, in its order', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, `/inventory?at=${at}`)
  await open(page)
  const known = await api.get<Schemas['InventoryPage']>('/v1/inventory', { at, sort: 'rate', order: 'desc', limit: '10' })
  expect((await column(page)).slice(0, 10)).toEqual(known.instances.map((one) => one.resource))
  await page.getByText(`of ${known.total.toLocaleString('en-US').replace(/,/g, ',')}`).or(page.getByText(new RegExp(`of ${known.total}`))).first().waitFor()
})

test('keys alone: sorted, filtered, and one of it opened', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, `/inventory?at=${at}`)
  await open(page)
  await tabTo(page, table(page).getByRole('button', { name: 'Type' }))
  await page.keyboard.press('Enter')
  await expect.poll(() => params(page)['sort']).toBe('type')
  const { sort = '', order = 'desc' } = params(page)
  const sorted = await api.get<Schemas['InventoryPage']>('/v1/inventory', { at, sort, order, limit: '10' })
  await expect.poll(async () => (await column(page)).slice(0, 10)).toEqual(sorted.instances.map((one) => one.resource))

  await page.keyboard.press('/')
  await page.keyboard.type('region:eu-west-1')
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expect.poll(() => params(page)['q']).toBe('region:eu-west-1')
  const few = await api.get<Schemas['InventoryPage']>('/v1/inventory', { at, sort, order, q: 'region:eu-west-1', limit: '10' })
  await expect.poll(async () => (await column(page)).slice(0, 10)).toEqual(few.instances.map((one) => one.resource))

  await tabTo(page, table(page))
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: few.instances[0]?.resource ?? '' }).waitFor()
})

test('the moment is chosen by keys', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/inventory')
  await open(page)
  await page.keyboard.press('d')
  const dialog = page.getByRole('dialog', { name: 'Choose the moment' })
  await dialog.getByLabel('What ran at').fill(at)
  await desk.inspect(page, 'inventory-moment')
  await dialog.getByLabel('What ran at').press('Enter')
  await expect.poll(() => params(page)['at']).toBe(at)
  await page.getByText(`As of ${at.slice(0, 10)} 00:00:00`).waitFor()
})

for (const mode of ['light', 'dark', 'phone'] as const) {
  test(`the life of an instance: stretches, prices, causes, ${mode}`, async ({ desk, demo, api }) => {
    const { instances } = await api.get<Schemas['InventoryPage']>('/v1/inventory', { sort: 'rate', order: 'desc', limit: '1' })
    const one = instances[0]
    const life = await api.get<Schemas['Resource']>(`/v1/inventory/${one?.resource}`, { account: one?.account ?? '' })
    const page = await desk.open(demo, `/inventory/${one?.resource}?account=${one?.account}`, { mode })
    await page.getByRole('heading', { level: 1, name: one?.resource ?? '' }).waitFor()
    await settled(page)
    const lines = page.getByRole('region', { name: /stretch/ }).getByRole('listitem')
    await lines.first().waitFor()
    const line = lines.first().getByRole('button').first()
    if ((await line.getAttribute('aria-expanded')) !== 'true') await line.click()
    const price = page.getByRole('region', { name: 'Price' }).first()
    const rate = life.intervals.at(-1)?.prices[0]?.rate_per_hour
    const shown = await price.getByRole('cell').nth(2).getAttribute('title')
    expect(nano(shown ?? '')).toBe(nano(rate ?? 'none'))
    await page.getByText(life.launched_by?.actor ?? life.account).first().waitFor()
    await desk.inspect(page, `resource-${mode}`)
  })
}
