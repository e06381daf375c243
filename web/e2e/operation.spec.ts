// How Kopter itself is doing, and who may ask: accounts, the pipeline, alerts,
// and tokens for scripts.
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { Client, type Schemas } from './support/client.ts'
import { settled } from './support/desk.ts'
import { test } from './support/test.ts'
import { launch, World } from './support/world.ts'

test('accounts are those of the API, and are found by what is typed', async ({ desk, demo, api }) => {
  const { accounts } = await api.get<Schemas['AccountList']>('/v1/accounts')
  const page = await desk.open(demo, '/accounts')
  await settled(page)
  for (const { account } of accounts) await page.getByText(account).first().waitFor()
  const [first, second] = accounts
  await page.getByRole('searchbox', { name: /^Find/ }).fill(first?.account ?? '')
  await expect.poll(() => page.getByText(second?.account ?? '', { exact: true }).count()).toBe(0)
  await page.getByText(first?.account ?? '').first().waitFor()
})

test('every stage of the pipeline is shown, and nothing is dead', async ({ desk, demo, api }) => {
  const { stages } = await api.get<Schemas['Pipeline']>('/v1/pipeline')
  const page = await desk.open(demo, '/pipeline')
  await settled(page)
  for (const { name } of stages) await page.getByRole('rowheader', { name: new RegExp(`^${name}`) }).waitFor()
  expect(await page.getByRole('button', { name: /dead/ }).count()).toBe(0)
})

describe('with logs of its own', () => {
  let world: World
  beforeAll(async () => {
    world = await World.begin()
    await world.price({ 'm5.24xlarge': '12.5000000000' })
    const time = new Date(Date.now() - 600_000).toISOString().slice(0, 19)
    await world.deliver(launch({ id: 'costly', time: `${time}Z`, instance: 'i-0123456789abcdef0', type: 'm5.24xlarge', user: 'mallory' }))
    await world.api.idle(1)
  })
  afterAll(() => world.end())

  test('a file that cannot be read is set aside, with its reason, and kills no message', async ({ desk }) => {
    const page = await desk.open(world.served, '/pipeline')
    await settled(page)
    await page.getByText('All input could be read').waitFor()
    await world.drop('broken.json', '{"Records": [{"eventVersion": "1.08", "eventTime": ')
    const entry = page.getByRole('region', { name: /^Quarantine/ }).getByRole('listitem').filter({ hasText: 'broken.json' })
    await entry.waitFor()
    const { entries } = await world.api.get<{ entries: Schemas['QuarantineEntry'][] }>('/v1/pipeline/quarantine')
    const known = entries.find((one) => one.uri.endsWith('broken.json'))
    await entry.getByText(known?.reason ?? 'no reason', { exact: true }).waitFor()
    const { stages } = await world.api.idle(1)
    expect(stages.map((stage) => [stage.name, stage.dead])).toEqual(stages.map((stage) => [stage.name, 0]))
    await desk.inspect(page, 'pipeline-quarantine')
  })

  test('keys alone: an alert is acknowledged, and that is undone', async ({ desk }) => {
    const page = await desk.open(world.served, '/notifications')
    const alert = page.getByRole('list', { name: 'Alerts' }).getByRole('listitem').filter({ hasText: 'mallory' })
    await alert.waitFor()
    await page.keyboard.press('j')
    while (!(await alert.getByText('arn:aws:iam::111122223333:user/mallory').isVisible())) await page.keyboard.press('j')
    await desk.inspect(page, 'alert')
    const { notifications } = await world.api.get<Schemas['NotificationPage']>('/v1/notifications', { state: 'all' })
    const id = notifications.find((one) => one.actor === 'mallory')?.id
    const state = async () => (await world.api.get<Schemas['NotificationPage']>('/v1/notifications', { state: 'all' })).notifications.find((one) => one.id === id)?.state
    await page.keyboard.press('e')
    await expect.poll(state).toBe('acknowledged')
    await alert.waitFor({ state: 'detached' })
    await page.keyboard.press('u')
    await expect.poll(state).toBe('open')
    await alert.waitFor()
  })

})

test('a token lets a script in until it is revoked', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/settings')
  await settled(page)
  const tokens = page.getByRole('region', { name: 'API tokens' })
  await tokens.getByLabel('Name').fill('nightly report')
  await tokens.getByRole('button', { name: 'Create the token' }).click()
  await tokens.getByRole('button', { name: 'Copy the secret' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^\S{20,}$/)
  const script = new Client(demo.url, { token: await page.evaluate(() => navigator.clipboard.readText()) })
  expect((await script.fetch('/v1/accounts')).status).toBe(200)
  await desk.inspect(page, 'settings-token')

  await tokens.getByRole('button', { name: 'I have it' }).click()
  const entry = tokens.getByRole('listitem').filter({ hasText: 'nightly report' })
  await entry.getByRole('button', { name: /^Revoke/ }).first().click()
  await entry.getByRole('button', { name: /^(Revoke|Yes)/ }).first().click()
  await entry.waitFor({ state: 'detached' })
  expect((await script.fetch('/v1/accounts')).status).toBe(401)
})

test('a sign-in link for another browser works there', async ({ desk, demo }) => {
  desk.allow(/status of 401/)
  const page = await desk.open(demo, '/settings')
  await settled(page)
  await page.getByRole('button', { name: 'Create a sign-in link' }).click()
  await page.getByRole('button', { name: 'Copy the link' }).click()
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain('/signin#')
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()))
  const other = await desk.open(demo, link.pathname + link.hash, { session: false })
  await other.getByRole('heading', { level: 1, name: 'Cost' }).waitFor()
})
