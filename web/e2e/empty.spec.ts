// A first start, with nothing to read yet: pages say what to do.
import { afterAll, beforeAll, expect } from 'vitest'
import { MODES, type Mode } from './support/desk.ts'
import { test } from './support/test.ts'
import { World } from './support/world.ts'

let world: World
beforeAll(async () => {
  world = await World.begin()
})
afterAll(() => world.end())

const PAGES = { cost: '/', audit: '/audit', inventory: '/inventory', accounts: '/accounts', pipeline: '/pipeline', notifications: '/notifications' }

for (const mode of Object.keys(MODES) as Mode[]) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name} without data, ${mode}`, async ({ desk }) => {
      const page = await desk.open(world.served, path, { mode })
      await desk.inspect(page, `empty-${name}-${mode}`)
    })
  }
}

test('what to do first can be copied', async ({ desk }) => {
  const page = await desk.open(world.served, '/')
  await page.getByRole('button', { name: 'Copy the command kopter serve --watch ./AWSLogs' }).click()
  await page.getByText('Copied').first().waitFor({ state: 'attached' })
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('kopter serve --watch ./AWSLogs')
})
