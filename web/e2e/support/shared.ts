// The real logs that lie beside the checkout, where internal/shareddata finds
// them, too.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './kopter.ts'

/**
 * The path of a file or folder of the shared data; undefined where it is not
 * here, which is an error if KOPTER_REQUIRE is "all".
 */
export function sharedData(path: string): string | undefined {
  const full = join(ROOT, '../shared/data', path)
  if (existsSync(full)) return full
  if (process.env['KOPTER_REQUIRE'] === 'all') throw new Error(`required here: real data in ${full}`)
  console.warn(`left out: there is no real data in ${full}`)
  return undefined
}
