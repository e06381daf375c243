// Whatever a log says is text. Events whose every string is markup, endless, or
// written from the right are shown as they are, and nothing in them runs.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { settled, type Mode } from './support/desk.ts'
import { test } from './support/test.ts'
import { launch, terminate, World } from './support/world.ts'

const MARKUP = `<img src="/x" onerror="window.ran = 1"><script>window.ran = 2</script>'"\`{{ 7 * 7 }}`
const LONG = `endless-${'W'.repeat(2000)}`
const RIGHT = 'من اليمين \u202Etxet desrever\u202C'
const INSTANCE = 'i-0000000000000bad0'

let world: World
beforeAll(async () => {
  world = await World.begin()
  await world.price({ 'm5.24xlarge': '12.5000000000' })
  const time = (minutes: number) => `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`
  const tags = { Name: MARKUP, team: LONG, [MARKUP]: RIGHT, [LONG]: MARKUP }
  await world.deliver(
    launch({ id: 'launch-markup', time: time(50), instance: INSTANCE, type: 'm5.24xlarge', user: MARKUP, agent: MARKUP, ip: MARKUP, tags }),
    launch({ id: 'launch-long', time: time(40), instance: 'i-0000000000000bad1', type: 'm5.24xlarge', user: LONG, agent: LONG, tags }),
    launch({ id: 'launch-right', time: time(30), instance: 'i-0000000000000bad2', type: 'm5.24xlarge', user: RIGHT, agent: RIGHT, tags }),
    terminate({ id: 'end', time: time(20), instance: 'i-0000000000000bad2', user: MARKUP, agent: LONG }),
    { id: MARKUP, time: time(10), name: MARKUP, source: `${MARKUP}.amazonaws.com`, user: LONG, error: { code: MARKUP, message: LONG }, request: { [MARKUP]: MARKUP, [LONG]: RIGHT }, response: { list: [MARKUP, LONG, RIGHT] } },
  )
  await world.drop('bad.json', `{"Records": [{"eventID": ${JSON.stringify(MARKUP)}, "eventTime": "${MARKUP.replaceAll('"', '')}"}, {${LONG}`)
  await world.api.idle(5)
})
afterAll(() => world.end())

const PAGES: Record<string, string> = {
  'cost by principal': '/?from=now-24h&by=principal',
  'cost by a tag': '/?from=now-24h&by=tag.Name',
  'cost as a table': '/?from=now-24h&by=actor&view=table',
  audit: '/audit?from=now-24h',
  'an event in the panel': '/audit?from=now-24h&sel=111122223333%2Flaunch-markup',
  'the event of a launch': '/audit/launch-markup',
  'an event with endless strings': '/audit/launch-long',
  'an event whose id is markup': `/audit/${encodeURIComponent(MARKUP)}`,
  inventory: '/inventory',
  'an instance': `/inventory/${INSTANCE}`,
  accounts: '/accounts',
  pipeline: '/pipeline',
  alerts: '/notifications',
}

/** What must be read on pages that name somebody; alerts name a user without the path. */
const READ: Record<string, string> = {
  ...Object.fromEntries(['cost by principal', 'cost by a tag', 'audit', 'the event of a launch', 'an event whose id is markup', 'inventory', 'an instance'].map((name) => [name, '<img src="/x" onerror='])),
  alerts: `script>'"\`{{ 7 * 7 }}`,
}

for (const mode of ['light', 'phone'] as Mode[]) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name}, ${mode}`, async ({ desk }) => {
      const page = await desk.open(world.served, path, { mode })
      await settled(page)
      if (READ[name]) await page.getByText(READ[name]).first().waitFor()
      await openAll(page)
      await desk.inspect(page, `strings-${name.replaceAll(' ', '-')}-${mode}`)
      expect(await page.evaluate(() => 'ran' in window)).toBe(false)
      expect(await page.locator('img[src="/x"], main script').count()).toBe(0)
    })
  }
}

/** Opens what is folded, so that all of it is looked at. */
async function openAll(page: Page): Promise<void> {
  const folded = page.locator('main button[aria-expanded="false"][aria-controls]').filter({ hasText: /Instances/ })
  for (let left = 5; left > 0 && (await folded.count()) > 0; left--) {
    await folded.first().focus()
    await page.keyboard.press('Enter')
    await settled(page)
  }
  await settled(page)
}
