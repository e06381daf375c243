// What every file of the suite begins with: a desk, and the simulated
// organisation that all of them look at.
import { chromium } from 'playwright-core'
import { test as base, inject } from 'vitest'
import { Client } from './client.ts'
import { Desk } from './desk.ts'
import type { Served } from './kopter.ts'

export const test = base.extend<{ desk: Desk; demo: Served; api: Client }>({
  desk: async ({}, use) => {
    const browser = await chromium.connect(inject('browser'))
    const desk = new Desk(browser)
    try {
      await use(desk)
    } finally {
      await desk.close().finally(() => browser.close())
    }
  },
  demo: async ({}, use) => use(inject('demo')),
  /** The API of the simulated organisation. */
  api: async ({}, use) => use(new Client(inject('demo').url, inject('demo'))),
})
