/**
 * The releases in which libraries learned the names that fixes write. Sources: the documentation of PyTorch by release (1.6 to 1.12), its
 * migration guide for 0.4, its pull request 4999 (`non_blocking` in place of `async`, merged before 0.4), the pull requests of
 * transformers (26572, 27189).
 */
import type { Change, Refusal, Write } from '../edit/write.js'
import { isBefore } from './versions.js'

interface Newcomer {
  /** Distributions that hold it, whichever of them is in use. */
  in: string[]
  since: string
  title: string
}

const torch = (since: string): Newcomer => ({ in: ['torch'], since, title: 'PyTorch' })
const transformers = (since: string): Newcomer => ({ in: ['transformers'], since, title: 'transformers' })

/** By the last part of the name. */
const newcomers = new Map<string, Newcomer>([
  ['no_grad', torch('0.4')],
  ['non_blocking', torch('0.4')],
  ['persistent_workers', torch('1.7')],
  ['inference_mode', torch('1.9')],
  ['set_float32_matmul_precision', torch('1.12')],
  ['attn_implementation', transformers('4.36')],
  ['dataloader_persistent_workers', transformers('4.36')],
])

type Versions = Record<string, string> | undefined

/** The project may use a release that knows the name. */
export function mayKnow(versions: Versions, name: string): boolean {
  const newcomer = newcomers.get(name)
  return newcomer === undefined || !isBefore(versions, newcomer.in, newcomer.since)
}

/** Why the release in use could not run what the change writes; null: it can, as far as is known. */
export function tooNew({ writes, imports }: Change, versions: Versions): Refusal | null {
  const names = [...writes.flatMap(namesWritten), ...imports.flatMap(({ name }) => name ?? [])]
  const name = names.find((one) => !mayKnow(versions, one))
  if (name === undefined) return null
  const { title, since } = newcomers.get(name)!
  return { reason: `${title} has ${name} from ${since} on, and this project uses an older one` }
}

function namesWritten(write: Write): string[] {
  switch (write.kind) {
    case 'set keyword':
      return [write.name, ...wordsOf(write.value)]
    case 'set key':
      return [String(write.keys.at(-1))]
    case 'rename keyword':
      return [write.to]
    case 'rename callee':
      return wordsOf(write.to)
    case 'append item':
      return wordsOf(write.value)
    case 'wrap block':
      return wordsOf(write.header)
    case 'insert lines':
      return write.lines.flatMap(wordsOf)
    case 'replace':
      return wordsOf(write.text)
    default:
      return []
  }
}

function wordsOf(code: string): string[] {
  return code.match(/\w+/g) ?? []
}
