// Data sets that are known by name: from scripts/tables/datasets.tsv, datasets-tail.tsv and dataset-files.tsv to
// server/src/catalog/datasets.json.

/** '~2.4M' and '41M': a count of tokens, about. */
function count(text) {
  const match = /^~?([\d.]+)([KMBT]?)$/.exec(text)
  if (match === null) return null
  return Number((Number(match[1]) * { '': 1, K: 1e3, M: 1e6, B: 1e9, T: 1e12 }[match[2]]).toPrecision(6))
}

const texts = new Set(['text-classification', 'qa', 'instruction', 'preference', 'translation'])

/** Tokens of one text on average: of the split, else as the table describes a sample; null: not known, or no texts. */
function meanTokens(row, tokens, train) {
  if (!texts.has(row.kind)) return null
  if (tokens !== null && train !== null) return Math.round(tokens / train)
  const described = /about ([\d.]+) (tokens|words|bytes a sample)/.exec(row.typical_size)
  if (described === null) return null
  // English: 1.3 tokens for a word, one for 4.2 bytes.
  const each = { tokens: 1, words: 1.3, 'bytes a sample': 1 / 4.2 }[described[2]]
  const sides = /a side/.test(row.typical_size) ? 2 : 1
  return Math.round(Number(described[1]) * each * sides)
}

/** Seconds of one clip on average; null: not known, or no audio. */
function meanSeconds(row) {
  if (row.kind !== 'speech' && row.kind !== 'audio') return null
  const described = /^(?:about )?([\d.]+) s\b/.exec(row.typical_size)
  return described === null ? null : Number(described[1])
}

/** Pixels of an edge of its pictures, where all are of one size; null: they differ, or it holds none. */
function edge(row) {
  if (!/^(image-classification|segmentation)$/.test(row.kind)) return null
  const described = /^(\d+)x(\d+)(x[134])?\b(?!x)/.exec(row.typical_size)
  return described === null ? null : Math.round(Math.sqrt(Number(described[1]) * Number(described[2])))
}

/** Columns of a table; null: it is none, or nobody says. */
function columns(row) {
  const described = /^(\d+) features\b/.exec(row.typical_size)
  return described === null ? null : Number(described[1])
}

/** As the look-up in catalog/datasets.ts reads names, so that spellings it knows anyway are not listed. */
const normal = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Samples to train and to test that everybody knows: a table that says otherwise is damaged. */
const published = {
  MNIST: [60000, 10000],
  FashionMNIST: [60000, 10000],
  'CIFAR-10': [50000, 10000],
  'CIFAR-100': [50000, 10000],
  'ImageNet-1k': [1281167, 100000],
  SVHN: [73257, 26032],
  IMDB: [25000, 25000],
  'STL-10': [5000, 8000],
}

/**
 * @param table reads a table by name: an array of rows by column
 * @returns the text of datasets.json
 * @throws where a count is not a number, contradicts a published one, a data set stands twice, or a file belongs to none
 */
export function buildDatasets(table) {
  const kinds = []
  const kindOf = (kind) => {
    if (!kinds.includes(kind)) kinds.push(kind)
    return kinds.indexOf(kind)
  }
  const whole = (row, column) => {
    const text = row[column] ?? ''
    if (text === '') return null
    if (!/^\d+$/.test(text)) throw new Error(`${row.name}: ${column} is no count: '${text}'`)
    return Number(text)
  }
  const names = new Set()
  const rows = table('datasets.tsv').map((row) => {
    if (names.has(normal(row.name))) throw new Error(`${row.name}: stands twice`)
    names.add(normal(row.name))
    const train = whole(row, 'train_samples')
    const test = whole(row, 'test_samples')
    const expected = published[row.name]
    if (expected !== undefined && (train !== expected[0] || (test !== null && test !== expected[1])))
      throw new Error(`${row.name}: ${train} and ${test} samples, published are ${expected.join(' and ')}`)
    const ids = [...new Set(row.ids.split('|').filter((id) => id && normal(id) !== normal(row.name)))]
    return [
      row.name,
      ids.join('|'),
      kindOf(row.kind),
      train,
      whole(row, 'validation_samples'),
      test,
      count(row.tokens_train),
      row.checked === 'yes' ? 1 : 0,
      meanTokens(row, count(row.tokens_train), train),
      meanSeconds(row),
      columns(row),
      edge(row),
    ]
  })
  const tail = table('datasets-tail.tsv')
    .filter((row) => !names.has(normal(row.name)) && whole(row, 'train_samples') !== null)
    .map((row) => [row.name, kindOf(row.kind), whole(row, 'train_samples'), count(row.tokens_train)])
  const places = new Map(rows.map(([name], place) => [name, place]))
  const files = table('dataset-files.tsv').map(({ file, dataset }) => {
    const place = places.get(dataset)
    if (place === undefined || rows[place][3] === null)
      throw new Error(`${file}: '${dataset}' is no data set whose samples are counted`)
    return [file, place]
  })
  const list = (values) => `[\n${values.map((value) => `    ${JSON.stringify(value)}`).join(',\n')}\n  ]`
  return `{
    "kinds": ${list(kinds)},
    "datasets": ${list(rows)},
    "tail": ${list(tail)},
    "files": ${list(files)}
  }
  `
}
