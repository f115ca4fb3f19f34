/** Modules whose code a run carries out: what its script imports, and where nothing of that trains, the way to what does. */
import { effective } from '../values/value.js'
import type { Extraction, SubjectView } from '../workload/claim.js'
import type { LayerOf } from '../workload/join.js'
import type { ResourceKind } from '../workload/resource-kinds.js'
import { settingsOf } from './joined-settings.js'

interface Input {
  extractions: ReadonlyMap<string, Extraction>
  importedBy(path: string): string[]
  layerOf: LayerOf
}

/** How far a training is looked for along imports, and among how many modules. */
const mostImports = 6
const mostModules = 60

export class RunModules {
  /** By script. */
  private readonly farther = new Map<string, string[]>()

  constructor(private readonly input: Input) {}

  /** `extraction`: the script as it is launched. */
  of(path: string, extraction: Extraction): string[] {
    const direct = this.input.importedBy(path)
    if (direct.length === 0 || trains(extraction) || !startsTraining(extraction, this.input.layerOf))
      return direct
    let all = this.farther.get(path)
    if (all === undefined) {
      all = this.search(path, direct)
      this.farther.set(path, all)
    }
    return all
  }

  /** With all modules that are no farther away than the first that trains; none beyond the direct ones where none does. */
  private search(path: string, direct: string[]): string[] {
    const found = [...direct]
    const seen = new Set([path, ...direct])
    let level = direct
    for (let depth = 1; depth < mostImports && level.length > 0; depth++) {
      if (level.some((one) => this.trainsIn(one))) return found
      const next: string[] = []
      for (const module of level)
        for (const one of this.input.importedBy(module)) {
          if (seen.has(one)) continue
          seen.add(one)
          next.push(one)
        }
      if (found.length + next.length > mostModules) return direct
      found.push(...next)
      level = next
    }
    return level.some((one) => this.trainsIn(one)) ? found : direct
  }

  private trainsIn(path: string): boolean {
    const extraction = this.input.extractions.get(path)
    return extraction !== undefined && trains(extraction)
  }
}

const training = 'Training' satisfies ResourceKind

function trains({ subjects }: Extraction): boolean {
  return subjects.some(({ kind }) => kind === training)
}

/** What only takes a network or data from modules runs none of their trainings. */
function startsTraining(extraction: Extraction, layerOf: LayerOf): boolean {
  const program = extraction.subjects.find(({ kind }) => kind === ('Program' satisfies ResourceKind))
  if (program === undefined) return false
  const settings = settingsOf(extraction, layerOf).get(program.id)?.settings ?? {}
  return effective((settings as SubjectView<'Program'>['settings']).startsTraining) === true
}
