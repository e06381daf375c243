// How much JavaScript the first page loads, gzipped: the entry, the cost page,
// and whatever they import. Fails above the budget.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 130_000 // bytes
const FIRST = ['index.html', 'src/pages/cost/CostPage.vue']

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const files = new Set(['theme.js'])

function visit(name) {
  const chunk = manifest[name]
  if (!chunk) throw new Error(`size: the build has no chunk ${name}; is it built?`)
  if (files.has(chunk.file)) return
  files.add(chunk.file)
  chunk.imports?.forEach(visit)
}
FIRST.forEach(visit)

let total = 0
for (const file of files) {
  const size = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
  total += size
  console.log(`${String(size).padStart(8)}  ${file}`)
}
console.log(`${String(total).padStart(8)}  of ${BUDGET} bytes of JavaScript, gzipped, for the first page`)
if (total > BUDGET) {
  console.error('size: the first page is over its budget')
  process.exit(1)
}
