// Builds the catalog from the tables in scripts/tables: `npm run catalog`. Fails on rows that contradict each other.
//
//   node scripts/catalog.mjs [folder to write to]
//
// Tables are tab-separated with a header line, so that a change of a figure is a readable diff; so are the rows of the
// JSON files that are made from them. Every row names where its figures come from.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildDatasets } from './catalog-datasets.mjs'
import { buildMachines } from './catalog-machines.mjs'
import { buildModels } from './catalog-models.mjs'
import { buildPrices } from './catalog-prices.mjs'
import { buildStepCosts } from './catalog-steps.mjs'

/** The day on which the tables were put together. */
const date = '2026-11-24'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const [output = path('../server/src/catalog')] = process.argv.slice(2)

function table(name) {
  const [header, ...lines] = readFileSync(path(`tables/${name}`), 'utf8')
    .replace(/\r/g, '')
    .replace(/\n+$/, '')
    .split('\n')
  const columns = header.split('\t')
  return lines.map((line) => {
    const cells = line.split('\t')
    return Object.fromEntries(columns.map((column, i) => [column, (cells[i] ?? '').trim()]))
  })
}

const files = {
  'data.json': buildMachines(table, date),
  'models.json': buildModels(table, date),
  'prices.json': buildPrices(table),
  'datasets.json': buildDatasets(table),
  'step-costs.json': buildStepCosts(table),
}
for (const [name, text] of Object.entries(files)) {
  writeFileSync(join(output, name), text)
  console.log(`${name}: ${text.length} bytes`)
}
execFileSync('npx', ['biome', 'format', '--write', ...Object.keys(files).map((name) => join(output, name))], {
  cwd: path('..'),
  stdio: 'ignore',
})
