// Prices for the catalog: from the tables in scripts/tables to server/src/catalog/prices.json.

/** The rows of a table that contradict each other or themselves, a sentence each. */
function contradictions(rows, clouds, blocks) {
  const found = []
  const seen = new Map()
  const say = (row, what) =>
    found.push(`${row.provider ?? 'aws'} ${row.instance_type ?? row.gpu} ${row.region ?? ''}: ${what}`)
  for (const row of rows) {
    const key = `${row.provider} ${row.instance_type} ${row.region}`
    if (seen.has(key)) say(row, 'priced twice')
    seen.set(key, row)
    const onDemand = Number(row.on_demand_usd_per_hour)
    // Some machines are sold as spot only.
    const sold = row.on_demand_usd_per_hour || row.spot_usd_per_hour
    if (!(Number(sold) > 0)) say(row, `no price: '${sold}'`)
    if (row.spot_usd_per_hour !== '' && !(Number(row.spot_usd_per_hour) > 0))
      say(row, 'a spot price of nothing')
    if (onDemand > 0 && Number(row.spot_usd_per_hour) > onDemand) say(row, 'spot dearer than on demand')
  }
  // A managed service costs more than the machine in it, and not twice as much.
  for (const row of rows) {
    if (!row.instance_type.startsWith('ml.')) continue
    const base = seen.get(`aws ${row.instance_type.slice(3)} ${row.region}`)
    if (base === undefined) continue
    const factor = row.on_demand_usd_per_hour / base.on_demand_usd_per_hour
    if (factor < 1 || factor > 1.5) say(row, `${factor.toFixed(2)} times the price of the machine in it`)
  }
  for (const row of [...rows, ...clouds, ...blocks]) {
    if (!/^20\d\d(-\d\d){0,2}$/.test(row.as_of)) say(row, `no date: '${row.as_of}'`)
  }
  for (const row of clouds) {
    if (!(Number(row.usd_per_hour) > 0)) say(row, 'no price')
    if (row.spot_usd_per_hour !== '' && Number(row.spot_usd_per_hour) > Number(row.usd_per_hour))
      say(row, 'spot dearer than on demand')
  }
  for (const row of blocks) if (!(Number(row.usd_per_hour) > 0)) say(row, 'no price')
  return found
}

/**
 * @param table reads a table by name: an array of rows by column
 * @returns the text of prices.json
 * @throws where rows contradict each other
 */
export function buildPrices(table) {
  const rows = table('prices.tsv')
  const clouds = table('gpu-clouds.tsv')
  const blocks = table('capacity-blocks.tsv')
  const wrong = contradictions(rows, clouds, blocks)
  if (wrong.length > 0) throw new Error(`rows that contradict each other:\n${wrong.join('\n')}`)
  const texts = []
  const text = (value) => {
    // The last cell of a line may be cut off.
    if (value === undefined || value === '') return -1
    if (!texts.includes(value)) texts.push(value)
    return texts.indexOf(value)
  }
  const amount = (value) => (value === '' ? null : Number(Number(value).toPrecision(6)))
  const machines = rows.map((row) => [
    row.provider,
    row.instance_type,
    row.region,
    amount(row.on_demand_usd_per_hour),
    amount(row.spot_usd_per_hour),
    row.as_of,
    row.confidence[0],
    text(row.source),
    text(row.spot_source),
  ])
  const gpuClouds = clouds.map((row) => [
    row.provider,
    row.gpu,
    amount(row.gpu_mem_gb),
    Number(row.count),
    amount(row.usd_per_hour),
    amount(row.spot_usd_per_hour),
    row.tier,
    row.as_of,
    row.confidence[0],
    text(row.source),
  ])
  const capacityBlocks = blocks.map((row) => [
    row.instance_type,
    row.region,
    amount(row.usd_per_hour),
    row.as_of,
    text(row.source),
  ])
  const lines = (list) =>
    `[\n${list.map((row) => `    ${JSON.stringify(row).replaceAll(',', ', ')}`).join(',\n')}\n  ]`
  return `{
  "sources": ${lines(texts.map((each) => each))},
  "machines": ${lines(machines)},
  "gpuClouds": ${lines(gpuClouds)},
  "capacityBlocks": ${lines(capacityBlocks)}
}
`
}
