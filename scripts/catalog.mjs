// Builds server/src/catalog/data.json from tables of GPUs, instance types and prices.
//
//   node scripts/catalog.mjs <folder> [date]
//
// The folder holds gpus.tsv, instances.tsv and prices.tsv, each with a header line. The output has one row per line, so
// that a change of the tables is a readable diff. Rows that cannot be used are named on stderr.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const [folder, date = new Date().toISOString().slice(0, 10)] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node scripts/catalog.mjs <folder with gpus.tsv, instances.tsv, prices.tsv> [date]')
  process.exit(2)
}

function table(name) {
  const [header, ...lines] = readFileSync(join(folder, name), 'utf8').replace(/\r/g, '').trimEnd().split('\n')
  const columns = header.split('\t')
  return lines.map((line) => Object.fromEntries(line.split('\t').map((cell, i) => [columns[i], cell.trim()])))
}

const sources = []
function source(text) {
  const name = text || 'not recorded'
  if (!sources.includes(name)) sources.push(name)
  return sources.indexOf(name)
}

/** '' is unknown, '1/8' is an eighth. */
function number(text) {
  if (!text) return null
  const fraction = /^(\d+)\/(\d+)$/.exec(text)
  const value = fraction ? Number(fraction[1]) / Number(fraction[2]) : Number(text)
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : null
}

// Names of machines or slices that the tables list beside names of the accelerator itself.
const notAnAccelerator = new Set(['p3dn', 'v2-8', 'v3-8', 'v4-8', 'TPU_V4_POD'])

// As the look-up in catalog/gpus.ts reads names, so that spellings it knows anyway are not listed.
const normal = (name) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/^nvidia(tesla)?|^tesla/, '')

const gpus = table('gpus.tsv').map((row) => {
  const aliases = [
    ...new Set(
      row.aliases
        .split('|')
        .filter((alias) => alias && !notAnAccelerator.has(alias))
        .map(normal),
    ),
  ].filter((alias) => alias !== normal(row.gpu))
  const flags = ['bf16', 'fp16_tensor_cores', 'tf32', 'fp8']
    .map((key) => (row[key] === 'yes' ? 1 : 0))
    .join('')
  return [
    row.gpu,
    aliases.join('|'),
    row.vendor,
    row.generation,
    number(row.mem_gb),
    number(row.fp32_tflops),
    number(row.tf32_dense_tflops),
    number(row.fp16_dense_tflops),
    number(row.bf16_dense_tflops),
    number(row.fp8_dense_tflops),
    flags,
    source(row.verified_by),
  ]
})

const withSpot = new Set()
for (const row of table('prices.tsv'))
  if (row.spot_usd_per_hour) withSpot.add(`${row.provider} ${row.instance_type}`)

const known = new Set(gpus.map((row) => row[0]))
const instances = []
for (const row of table('instances.tsv')) {
  const count = number(row.gpu_count)
  if (row.instance_type.includes('*') || count === null || number(row.vcpu) === null) {
    console.error(`left out, not one machine: ${row.instance_type}`)
    continue
  }
  if (!known.has(row.gpu)) throw new Error(`${row.instance_type}: no GPU ${row.gpu}`)
  instances.push([
    row.provider,
    row.instance_type,
    row.gpu,
    count,
    number(row.gpu_mem_gb_each),
    number(row.vcpu),
    number(row.ram_gib),
    withSpot.has(`${row.provider} ${row.instance_type}`) ? 1 : 0,
    /retir|legacy/.test(row.note) ? 1 : 0,
    source(row.verified_by),
  ])
}

const rows = (list) =>
  `[\n${list.map((row) => `    ${JSON.stringify(row).replace(/,(?=[\d"n])/g, ', ')}`).join(',\n')}\n  ]`
const text = `{
  "date": ${JSON.stringify(date)},
  "sources": ${rows(sources)},
  "gpus": ${rows(gpus)},
  "instances": ${rows(instances)}
}
`
const output = fileURLToPath(new URL('../server/src/catalog/data.json', import.meta.url))
writeFileSync(output, text)
execFileSync('npx', ['biome', 'format', '--write', output], { stdio: 'ignore' })
console.log(`${gpus.length} GPUs, ${instances.length} instance types, ${text.length} bytes`)
