// Arithmetic of one forward pass, by model and size of the input: from scripts/tables/step-costs.tsv to
// server/src/catalog/step-costs.json.

const classes = new Set(['conv', 'transformer', 'detector', 'diffusion', 'dit', 'video'])
const units = new Set(['pixels', 'tokens', 'seconds', 'coco', 'sample'])

/**
 * @param table reads a table by name: an array of rows by column
 * @returns the text of step-costs.json
 * @throws where a row is of no known class or unit, its figures are no numbers, or a name stands for two rows
 */
export function buildStepCosts(table) {
  const sources = []
  const sourceOf = (text) => {
    const name = text || 'not recorded'
    if (!sources.includes(name)) sources.push(name)
    return sources.indexOf(name)
  }
  const named = new Map()
  const rows = table('step-costs.tsv').map((row) => {
    const wrong = (what) => new Error(`${row.name}: ${what}`)
    for (const name of [row.name, ...row.aliases.split('|').filter((one) => one !== '')]) {
      const other = named.get(name.toLowerCase())
      if (other !== undefined && other !== row.name) throw wrong(`'${name}' is ${other} already`)
      named.set(name.toLowerCase(), row.name)
    }
    if (!classes.has(row.class)) throw wrong(`no such class: '${row.class}'`)
    if (!units.has(row.unit)) throw wrong(`no such unit: '${row.unit}'`)
    const points = row.points.split('|').map((point) => point.split(':').map(Number))
    if (!points.every(([size, gflops]) => size > 0 && gflops > 0)) throw wrong(`no points: '${row.points}'`)
    points.sort((a, b) => a[0] - b[0])
    const growing = points.every(([, gflops], i) => i === 0 || gflops > points[i - 1][1])
    if (!growing) throw wrong('a larger input takes less arithmetic')
    const parameters = row.params_millions === '' ? null : Number(row.params_millions)
    const layers = row.layers === '' ? null : Number(row.layers)
    if (Number.isNaN(parameters) || Number.isNaN(layers)) throw wrong('parameters and layers are numbers')
    const kept = row.kept_mb === '' ? null : Number(row.kept_mb)
    if (Number.isNaN(kept)) throw wrong('what it keeps is a number')
    return [
      row.name,
      row.aliases,
      row.class,
      parameters,
      row.unit,
      points,
      layers,
      sourceOf(row.source),
      kept,
    ]
  })
  const list = (values) => `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`
  return `{
    "sources": ${list(sources)},
    "costs": ${list(rows)}
  }
  `
}
