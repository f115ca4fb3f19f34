/** What readers claim about a text: the settings of its subjects, as plain values. */

import { Analyzer } from '../../server/src/extraction/analyzer.js'
import { createNodeHost } from '../../server/src/host/node/host.js'
import type { Reader } from '../../server/src/readers/reader.js'
import { loadGrammars } from '../../server/src/syntax/parser.js'
import { sourceFile } from '../../server/src/text/source-fragments.js'
import { effective } from '../../server/src/values/value.js'
import type { Extraction } from '../../server/src/workload/claim.js'

const grammars = createNodeHost()
  .grammarSource()
  .then((source) => loadGrammars(source, ['python', 'bash']))

/** The reading of one file by itself, without a launch. */
export async function extractionOf(readers: Reader[], text: string, path = 'train.py'): Promise<Extraction> {
  const analyzer = new Analyzer(await grammars, readers)
  const file = sourceFile(path, text)
  await analyzer.trees.prepare(file)
  const { extraction, faults } = analyzer.read(file, {
    imported: {},
    importers: [],
    binding: null,
    versions: {},
  })
  if (faults.length > 0) throw new Error(faults.join('\n'))
  return extraction
}

/** Settings of the first subject of a word: the value, or `unknown: why`. */
export function settingsOf(extraction: Extraction, word: string): Record<string, unknown> {
  const subject = extraction.subjects.find((one) => one.kind === word)
  const settings: Record<string, unknown> = {}
  for (const claim of extraction.claims) {
    if (claim.subject !== subject?.id) continue
    settings[claim.setting] = claim.state === 'unknown' ? `unknown: ${claim.because}` : effective(claim)
  }
  return settings
}
