// Accelerators and instance types for the catalog: from scripts/tables to server/src/catalog/data.json.

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

/**
 * @param table reads a table by name: an array of rows by column
 * @param date of the tables, ISO 8601
 * @returns the text of data.json
 * @throws where a row names an accelerator that is not listed, or stands twice
 */
export function buildMachines(table, date) {
  const sources = []
  const source = (text) => {
    const name = text || 'not recorded'
    if (!sources.includes(name)) sources.push(name)
    return sources.indexOf(name)
  }

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
      number(row.mem_bw_gbps),
    ]
  })

  const withSpot = new Set()
  for (const row of table('prices.tsv'))
    if (row.spot_usd_per_hour) withSpot.add(`${row.provider} ${row.instance_type}`)

  const known = new Set(gpus.map((row) => row[0]))
  const seen = new Set()
  const instances = []
  for (const row of table('instances.tsv')) {
    const count = number(row.gpu_count)
    if (row.instance_type.includes('*') || count === null || number(row.vcpu) === null) {
      console.error(`left out, not one machine: ${row.instance_type}`)
      continue
    }
    if (!known.has(row.gpu)) throw new Error(`${row.instance_type}: no GPU ${row.gpu}`)
    if (seen.has(row.instance_type)) throw new Error(`${row.instance_type}: listed twice`)
    seen.add(row.instance_type)
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
  return `{
  "date": ${JSON.stringify(date)},
  "sources": ${rows(sources)},
  "gpus": ${rows(gpus)},
  "instances": ${rows(instances)}
}
`
}
