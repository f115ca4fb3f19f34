// Models whose memory can be estimated: from scripts/tables to server/src/catalog/models.json. Three tables go in:
// models.tsv (names, kinds, parameters), model-shapes.tsv (layers and widths, from published configurations) and
// vision-activations.tsv (made by bench/memory/vision.py).

/** Experts of a layer; the table of shapes only says how many of them a token visits. */
const experts = [
  [/Mixtral/, 8],
  [/-A(3|22)B$/, 128],
  [/Phi-3\.5-MoE/, 16],
  // One of them sees all tokens.
  [/GLM-4\.5-Air/, 129],
  [/MiniMax-M2/, 256],
  [/gpt-oss-20b/, 32],
  [/gpt-oss-120b/, 128],
]
const gated = new Set(['llama', 'qknorm', 'gemma', 'gemma2', 'gemma3', 'moe', 'gptoss', 'modernbert'])
const learnedPositions = new Set(['gpt2', 'opt', 'gptneo', 'bert', 'distilbert', 'bigcode', 'esm', 'vit'])

/** Parameters as the shape gives them, within a percent or two. */
function counted(row) {
  const [layers, hidden, heads, kv, size, ffn, vocab, positions] = [
    'layers',
    'hidden',
    'heads',
    'kv_heads',
    'head_dim',
    'ffn',
    'vocab',
    'positions',
  ].map((key) => Number(row[key]))
  const copies = experts.find(([pattern]) => pattern.test(row.match_id))?.[1] ?? 1
  const attention = 2 * hidden * heads * size + 2 * hidden * kv * size
  const mlp = (gated.has(row.family) ? 3 : 2) * hidden * ffn * copies
  const biases = gated.has(row.family) ? 0 : heads * size + 2 * kv * size + 2 * hidden + ffn
  let total = layers * (attention + mlp + biases + 4 * hidden) + vocab * hidden * (row.tied === '1' ? 1 : 2)
  if (learnedPositions.has(row.family)) total += positions * hidden
  if (row.family === 'bert') total += hidden * hidden
  if (row.family === 'vit') total += hidden * (3 * 16 * 16 + 1000)
  return total
}

/** The published number counts a vision tower too. */
const withTower = /^google\/gemma-3-(4|12|27)b/

function shapeOf(row, shapes) {
  const shape = shapes.get(row.match_id)
  if (shape === undefined) return null
  const off = counted(shape) / Number(row.params) - 1
  const tower = withTower.test(row.match_id) || (row.kind === 'multimodal' && off < 0 && off > -0.4)
  if (Math.abs(off) > 0.021 && !tower)
    throw new Error(
      `${row.match_id}: the shape gives ${counted(shape)} parameters, the table says ${row.params}`,
    )
  return [
    shape.family,
    ...['layers', 'hidden', 'heads', 'kv_heads', 'head_dim'].map((key) => Number(shape[key])),
    Number(shape.ffn) * Number(shape.experts_per_token),
    ...['vocab', 'positions', 'tied', 'stored_bits'].map((key) => Number(shape[key])),
    Number(shape.experts_per_token),
  ]
}

/**
 * What models of a family keep for the backward pass for each output of a convolution or product: the measured figure of
 * their relatives in torchvision, in mixed precision and in fp32.
 */
const relatives = [
  [/^(se)?resn(e|ex)t/, 1.98, 1.95],
  [/^swin_/, 2.02, 1.55],
  [/^convnext_/, 2.22, 2.02],
  [/^(tf_)?efficientnetv2/, 3.19, 3.19],
  [/^(tf_)?efficientnet_/, 3.27, 3.27],
  [/^mobilenetv3_/, 2.5, 2.5],
  [/^regnet/, 1.98, 1.95],
]

function imagesOf(row, measured) {
  const products = Number(row.gmacs_per_sample)
  const known = measured.get(row.match_id)
  if (known !== undefined) {
    return [Number(known.image_size), Number(known.mixed_bytes), Number(known.full_bytes), products || null]
  }
  if (row.kind !== 'vision-cls' || row.library !== 'timm') return null
  const family = relatives.find(([pattern]) => pattern.test(row.match_id))
  const outputs = Number(row.macts_M_per_sample) * 1e6
  if (family === undefined || !(outputs > 0)) return null
  return [
    Number(row.img_size),
    Math.round(outputs * 2 * family[1]),
    Math.round(outputs * 4 * family[2]),
    products || null,
  ]
}

/**
 * @param table reads a table by name: an array of rows by column
 * @param date of the tables, ISO 8601
 * @returns the text of models.json
 * @throws where a shape gives another number of parameters than the table of models, or has no model
 */
export function buildModels(table, date) {
  const models = table('models.tsv')
  const shapes = new Map(table('model-shapes.tsv').map((row) => [row.match_id, row]))
  const measured = new Map(table('vision-activations.tsv').map((row) => [row.model, row]))
  const sources = []
  const source = (text) => {
    const name = text || 'not recorded'
    if (!sources.includes(name)) sources.push(name)
    return sources.indexOf(name)
  }

  const rows = models.map((row) => {
    const shape = shapeOf(row, shapes)
    return [
      row.match_id,
      row.aliases,
      row.kind,
      Number(row.params),
      source(row.verified_by),
      shape,
      shape === null ? imagesOf(row, measured) : null,
      ...(row.active_params ? [Number(row.active_params)] : []),
    ]
  })
  for (const name of shapes.keys())
    if (!models.some((row) => row.match_id === name)) throw new Error(`a shape without a model: ${name}`)

  const list = (values) => `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`
  return `{
    "date": ${JSON.stringify(date)},
    "sources": ${list(sources)},
    "models": ${list(rows)}
  }
  `
}
