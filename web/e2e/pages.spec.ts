// Every page of the simulated organisation as it comes up, in every mode: a
// picture, no finding of axe, no report of the policy, nothing too wide.
import { MODES, type Mode } from './support/desk.ts'
import { test } from './support/test.ts'

const PAGES = {
  cost: '/',
  audit: '/audit',
  inventory: '/inventory',
  accounts: '/accounts',
  pipeline: '/pipeline',
  notifications: '/notifications',
  settings: '/settings',
  missing: '/no/such/page',
}

for (const mode of Object.keys(MODES) as Mode[]) {
  for (const [name, path] of Object.entries(PAGES)) {
    test(`${name} in ${mode}`, async ({ desk, demo }) => {
      const page = await desk.open(demo, path, { mode })
      await desk.inspect(page, `${name}-${mode}`)
    })
  }
}
