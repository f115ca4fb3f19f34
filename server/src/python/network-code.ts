/**
 * The code of modules that make networks: what a network computes follows from its code, which may stand in another module
 * than the one that trains it. So the summary keeps the text, and that of the modules that its networks are made of.
 */
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { NetworkCode } from './module-summary.js'

/** Characters of one module; of those that it imports. */
const longest = { own: 40_000, imported: 60_000 }

const network =
  /^(torch\.nn\.(\w+\.)*|keras\.(\w+\.)*|flax\.(linen|nnx)\.(\w+\.)*|haiku\.|equinox\.)(Module|Sequential|Model|Layer)$/

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
  for (const [name, { networks }] of analysis.importedByName) {
    if (networks === undefined) continue
    room -= sizeOf(networks)
    if (room >= 0) define(imported, name, networks)
  }
  const makes =
    Object.keys(bases).length > 0 ||
    Object.keys(imported).length > 0 ||
    analysis.usesHere('torch.nn.', 'keras.layers.')
  return makes ? { path: analysis.path, text, bases, imported } : null
}

function sizeOf({ text, imported }: NetworkCode): number {
  return Object.values(imported).reduce((total, one) => total + sizeOf(one), text.length)
}
