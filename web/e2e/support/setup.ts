// Once for all files: the browser, and a simulated organisation with its past
// read and its present going on.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { TestProject } from 'vitest/node'
import { Client } from './client.ts'
import { Kopter, type Served } from './kopter.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the browser is spoken to. */
    browser: string
    demo: Served
  }
}

/** Events of the simulated past, which are read before the first test looks. */
const PAST = 60_000

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const browser = await chromium.launchServer({ executablePath: findChromium(), host: '127.0.0.1', chromiumSandbox: process.getuid?.() !== 0 })
  try {
    const kopter = await Kopter.start('demo', '--no-browser')
    const demo = await kopter.signIn()
    await new Client(demo.url, demo).idle(PAST)
    project.provide('browser', browser.wsEndpoint())
    project.provide('demo', demo)
    return async () => {
      await browser.close()
      await kopter.stop()
    }
  } catch (error) {
    await browser.close()
    throw error
  }
}

function findChromium(): string {
  const named = process.env['KOPTER_CHROMIUM']
  if (named) return named
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) => folders.map((folder) => join(folder, name))).find(executable)
  if (!found) throw new Error('there is no Chromium: name one in KOPTER_CHROMIUM')
  return found
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
