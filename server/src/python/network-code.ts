/**
 * The code of modules that make networks: what a network computes follows from its code, which may stand in another module
 * than the one that trains it. So the summary keeps the text, and that of the modules that its networks are made of.
 */
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { ModuleSummary, NetworkCode } from './module-summary.js'

/** Characters of one module; of those that it imports. */
const longest = { own: 40_000, imported: 60_000 }

const network =
  /^(torch\.nn\.(\w+\.)*|keras\.(\w+\.)*|flax\.(linen|nnx)\.(\w+\.)*|haiku\.|equinox\.)(Module|Sequential|Model|Layer)$/

const library = /^(torch|torchvision|keras|tensorflow|flax|haiku|equinox)\b/

/** Null: the module makes no networks, or its text is too long. */
export function networkCode(analysis: Analysis): NetworkCode | null {
  const { text } = analysis
  if (text.length > longest.own) return null
  const bases: NetworkCode['bases'] = {}
  for (const { name, bases: all } of analysis.classes)
    if (all.some((base) => network.test(base))) define(bases, name, all)
  // A program that defines networks may lend them to others.
  if (analysis.isEntry && (Object.keys(bases).length === 0 || analysis.notebook)) return null
  const imported: NetworkCode['imported'] = {}
  let room = longest.imported
  let networks = 0
  for (const [name, summary] of analysis.importedByName) {
    if (summary.networks !== undefined) networks++
    const code = imports(analysis, name, summary)
    if (code === null) continue
    room -= sizeOf(code)
    if (room >= 0) define(imported, name, code)
  }
  const makes =
    Object.keys(bases).length > 0 || networks > 0 || analysis.usesHere('torch.nn.', 'keras.layers.')
  return makes ? { path: analysis.path, text, bases, imported } : null
}

/** `from common import *` brings `nn` as well. */
function imports(analysis: Analysis, name: string, summary: ModuleSummary): NetworkCode | null {
  const passed = Object.entries(summary.reexports).filter(([, target]) => library.test(target))
  if (passed.length === 0 || !analysis.scopes.stars.includes(name)) return summary.networks ?? null
  const own = summary.networks ?? { path: summary.path, text: '', bases: {}, imported: {} }
  return { ...own, reexports: Object.fromEntries(passed) }
}

function sizeOf({ text, imported }: NetworkCode): number {
  return Object.values(imported).reduce((total, one) => total + sizeOf(one), text.length)
}
