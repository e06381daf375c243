// Real logs of one account: bert-jan launched two instances, which ran 765 s
// and 281 s. Pages and the command line tell the same, to the billionth.
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Mode } from './support/desk.ts'
import { settled } from './support/desk.ts'
import { nano } from './support/figures.ts'
import { sharedData } from './support/shared.ts'
import { test } from './support/test.ts'
import { World } from './support/world.ts'

const logs = sharedData('cloudtrail/invictus-ir/CloudTrail')
const range = { from: '2023-07-10T11:00:00Z', to: '2023-07-10T13:00:00Z' }
const LIVES = [
  { id: 'i-0dbc91f429e48eeed', seconds: 765, amount: '0.002210000', opened: '2023-07-10 11:55:21', event: '86eac0ac-8521-4126-aa32-a22f2b74d02e' },
  { id: 'i-05c30218156bcc246', seconds: 281, amount: '0.000811778', opened: '2023-07-10 12:03:24', event: '8c9d5d59-f65e-4d38-a71b-6d712487cd91' },
]

describe.skipIf(logs === undefined)('who caused what, in real logs', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begin([logs ?? ''])
    await world.price({ 't3.micro': '0.0104000000' })
    await world.api.idle(2900)
  })
  afterAll(() => world.end())

  test('both lives cost what the command line says, to the billionth', async ({ desk }) => {
    const printed = (await world.run('cost', '--by', 'resource', '--step', 'total', '--format', 'ndjson')).trim().split('\n').map((line) => JSON.parse(line) as { resource: string; amount: string; seconds: number })
    const page = await desk.open(world.served, `/?${new URLSearchParams({ ...range, by: 'resource', step: 'day', view: 'table' })}`)
    await settled(page)
    const cells = page.getByRole('grid').getByRole('row').nth(1).getByRole('gridcell')
    const heads = await page.getByRole('columnheader').allInnerTexts()
    for (const { id, seconds, amount } of LIVES) {
      const shown = await cells.nth(heads.indexOf(id)).getAttribute('title')
      expect(nano(shown ?? '')).toBe(nano(amount))
      expect(printed.find((one) => one.resource === id)).toMatchObject({ amount, seconds })
    }
  })

  for (const { id, amount } of LIVES) {
    test(`the page of ${id} has its amount to the billionth`, async ({ desk }) => {
      const page = await desk.open(world.served, `/inventory/${id}`)
      await settled(page)
      const total = page.locator('div').filter({ has: page.getByText('In all', { exact: true }) }).last()
      expect(nano((await total.getByRole('definition').getAttribute('title')) ?? '')).toBe(nano(amount))
    })
  }

  for (const mode of ['light', 'dark', 'phone'] as Mode[]) {
    test(`from the step of the graph to the call and its person, ${mode}`, async ({ desk }) => {
      const page = await desk.open(world.served, `/?${new URLSearchParams({ ...range, by: 'actor' })}`, { mode })
      await settled(page)
      await page.getByRole('list', { name: 'Series' }).getByRole('button', { name: 'bert-jan' }).waitFor()
      await desk.inspect(page, `real-cost-${mode}`)

      const life = LIVES[0]
      await page.getByRole('button', { name: new RegExp(`\\$0\\.0104/h.*bert-jan.*RunInstances.*${life?.opened}`) }).click()
      const call = page.getByRole('listitem').filter({ has: page.getByRole('button', { expanded: true }) })
      await call.getByText('192.168.10.20').waitFor()
      await call.getByText('user/bert-jan').waitFor()
      await call.getByText(/stratus-red-team/).waitFor()
      await page.getByText(/1 × \$0\.0104\/h/).waitFor()
      await page.getByText(/SKU.*T3MICRO/).waitFor()
      await page.getByRole('link', { name: life?.id ?? '' }).waitFor()
      await desk.inspect(page, `real-blame-${mode}`)

      await call.getByRole('link', { name: 'RunInstances' }).click()
      await page.waitForURL(new RegExp(`/audit/${life?.event}`))
      await page.getByText(life?.event ?? '').first().waitFor()
    })
  }
})
