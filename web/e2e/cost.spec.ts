// The price graph: read, narrowed, zoomed and followed to who caused a step.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Schemas } from './support/client.ts'
import { settled, textOf } from './support/desk.ts'
import { daysAgo, median, nano } from './support/figures.ts'
import { dragOver, tabTo } from './support/keys.ts'
import { test } from './support/test.ts'

/** Milliseconds from a gesture to the picture of it, at most. */
const ZOOM = 50

const week = daysAgo(9, 2)
const path = `/?${new URLSearchParams(week)}`

const chart = (page: Page) => page.getByRole('application', { name: /^USD/ })
const series = (page: Page) => page.getByRole('list', { name: 'Series' }).getByRole('button')
const params = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams)
const span = (page: Page) => Date.parse(params(page)['to'] ?? '') - Date.parse(params(page)['from'] ?? '')
const DAY = 86_400_000

async function ready(page: Page): Promise<void> {
  await settled(page)
  await chart(page).locator('canvas').waitFor()
}

test('keys alone: group, zoom, go back, isolate, choose what a height means', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, path)
  await ready(page)

  await page.keyboard.press('b')
  await page.keyboard.type('Principal')
  await page.waitForURL(/by=principal/)
  const graph = await api.get<Schemas['CostGraph']>('/v1/cost/graph', { ...week, by: 'principal' })
  const first = graph.series[0]?.values[0] ?? ''
  await series(page).filter({ hasText: first.split(':').pop() ?? '' }).first().waitFor()
  expect(await series(page).count()).toBe(graph.series.length)

  await tabTo(page, chart(page))
  await page.keyboard.press('+')
  await expect.poll(() => span(page)).toBe(3.5 * DAY)
  await page.keyboard.press('-')
  await expect.poll(() => span(page)).toBe(7 * DAY)
  await page.keyboard.press('Shift+ArrowLeft')
  await expect.poll(() => params(page)['to']).toBe(week.from)
  await page.goBack()
  await expect.poll(() => params(page)['to']).toBe(week.to)
  await page.goBack()
  await expect.poll(() => span(page)).toBe(3.5 * DAY)
  await page.goBack()
  await expect.poll(() => params(page)).toEqual({ ...week, by: 'principal' })

  await tabTo(page, series(page).first())
  await page.keyboard.press('Enter')
  await expect.poll(() => params(page)['only']).toBe(`USD/${first}`)
  expect(await series(page).first().getAttribute('aria-pressed')).toBe('true')
  await page.keyboard.press('x')
  await expect.poll(() => params(page)['only']).toBeUndefined()

  await tabTo(page, page.getByRole('radio', { name: 'Auto' }))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => params(page)['step']).toBe('day')
  await tabTo(page, page.getByRole('radio', { name: 'Cost per day' }))
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => params(page)['show']).toBe('sum')
  await ready(page)
  await desk.inspect(page, 'cost-cumulative')
})

test('a drag zooms, and Back takes it back', async ({ desk, demo }) => {
  const page = await desk.open(demo, path)
  await ready(page)
  await dragOver(page, chart(page).locator('.u-over'), 0.25, 0.5)
  await expect.poll(() => Math.abs(span(page) - 1.75 * DAY)).toBeLessThan(DAY / 10)
  await page.goBack()
  await expect.poll(() => params(page)).toEqual(week)
})

// A machine that is busy with something else is given two more tries.
test('from a gesture to its picture there are less than 50 ms', { retry: 2 }, async ({ desk, demo }) => {
  const page = await desk.open(demo, path)
  await ready(page)
  await tabTo(page, chart(page))
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('+')
    await painted(page, 2 * i + 1)
    await page.keyboard.press('-')
    await painted(page, 2 * i + 2)
  }
  const took = await page.evaluate(() => performance.getEntriesByName('cost: gesture to paint').map((entry) => entry.duration))
  console.log(`zoom, from the gesture to the picture: ${took.map((ms) => ms.toFixed(0)).join(', ')} ms; median ${median(took).toFixed(1)} ms`)
  expect(median(took)).toBeLessThan(ZOOM)
})

async function painted(page: Page, count: number): Promise<void> {
  await page.waitForFunction((want) => performance.getEntriesByName('cost: gesture to paint').length >= want, count)
}

test('the table has the numbers of the API', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, `${path}&by=region&step=day`)
  await ready(page)
  await page.keyboard.press('v')
  const table = page.getByRole('grid')
  await table.waitFor()
  const graph = await api.get<Schemas['CostGraph']>('/v1/cost/graph', { ...week, by: 'region', step: 'day' })
  const heads = ['From (UTC)', 'Together', ...graph.series.map((one) => one.values[0] ?? 'Other')]
  expect((await table.getByRole('columnheader').allInnerTexts()).slice(0, heads.length)).toEqual(heads)
  for (const [i, start] of graph.starts.entries()) {
    const cells = table.getByRole('row').nth(i + 1).getByRole('gridcell')
    expect(await cells.first().innerText()).toBe(start.slice(0, 10))
    const shown = await cells.evaluateAll((all, count) => all.slice(1, count).map((cell) => cell.getAttribute('title') ?? ''), heads.length)
    const amounts = graph.series.map((one) => nano(one.amounts[i] ?? ''))
    expect(shown.map(nano)).toEqual([amounts.reduce((sum, amount) => sum + amount, 0n), ...amounts])
  }
  await desk.inspect(page, 'cost-table')
})

test('keys alone: from a step to the call behind it, and to the instance', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, `/?from=now-7d&to=now&q=${encodeURIComponent('type:p4d.24xlarge')}`)
  await ready(page)
  const { changes } = await api.get<Schemas['ChangeList']>('/v1/cost/changes', { from: 'now-7d', to: 'now', q: 'type:p4d.24xlarge' })
  const change = changes.find((one) => one.kind === 'open')
  const cause = change?.cause
  expect(cause?.event_name).toBe('RunInstances')

  await tabTo(page, chart(page))
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  const panel = page.getByRole('region', { name: 'What happened here' })
  await panel.waitFor()
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  expect(await chart(page).evaluate((element) => element === document.activeElement)).toBe(true)

  await tabTo(page, page.getByRole('button', { name: new RegExp(`${cause?.actor}.*RunInstances`) }).first())
  await page.keyboard.press('Enter')
  const call = page.getByRole('listitem').filter({ has: page.getByRole('button', { expanded: true }) })
  await call.getByRole('definition').filter({ hasText: cause?.actor ?? '' }).first().waitFor()
  await call.getByText(cause?.user_agent ?? '').first().waitFor()
  await page.getByText(/1 × \$32\.\d+\/h = /).waitFor()
  await desk.inspect(page, 'cost-change')

  const instance = call.getByRole('link', { name: /^i-/ }).first()
  const name = await instance.innerText()
  await tabTo(page, call.getByRole('link', { name: 'RunInstances' }).first())
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`/audit/${cause?.event_id}`))
  await page.getByText(cause?.event_id ?? '').first().waitFor()
  await page.goBack()
  await ready(page)

  const button = page.getByRole('button', { name: new RegExp(`${cause?.actor}.*RunInstances`) }).first()
  await tabTo(page, button)
  await page.keyboard.press('Enter')
  await tabTo(page, instance)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name }).waitFor()
})

test('the numbers can be taken along', async ({ desk, demo, api }) => {
  const page = await desk.open(demo, `${path}&by=account&step=day`)
  await ready(page)
  await page.getByRole('button', { name: 'Download' }).click()
  const arrives = page.waitForEvent('download')
  await page.getByRole('link', { name: /CSV/ }).click()
  const download = await arrives
  const [head = '', ...rows] = (await textOf(download)).trim().split('\n')
  const columns = head.split(',')
  const graph = await api.get<Schemas['CostGraph']>('/v1/cost/graph', { ...week, by: 'account', step: 'day' })
  const sum = rows.reduce((all, row) => all + nano(row.split(',')[columns.indexOf('amount')] ?? ''), 0n)
  expect(sum).toBe(nano(graph.totals[0]?.amount ?? ''))
})
