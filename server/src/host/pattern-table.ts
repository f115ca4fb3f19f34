/** What a configuration file says for some paths only. A path is compared with the patterns whose names it holds, not with all. */
import { PatternLayer } from './gitignore.js'
import { literalNames } from './path-pattern.js'

export class PatternTable<Entry> {
  private readonly layers: PatternLayer[]
  /** Numbers of the entries that hold only for paths with this name in them. */
  private readonly byName = new Map<string, number[]>()
  private readonly forAnyName: number[] = []

  /** `base`: the folder of the file, relative to the root, '' for the root. */
  constructor(
    private readonly base: string,
    private readonly entries: readonly Entry[],
    patternsOf: (entry: Entry) => readonly string[],
  ) {
    const patterns = entries.map(patternsOf)
    this.layers = patterns.map((each) => new PatternLayer(base, each))
    const names = patterns.map((each) => each.flatMap((one) => one.split('\n')).map(literalNames))
    const uses = new Map<string, number>()
    for (const name of names.flat(2)) uses.set(name, (uses.get(name) ?? 0) + 1)
    const rarest = (all: readonly string[]) =>
      all.reduce((least, one) => (uses.get(one)! < uses.get(least)! ? one : least))
    names.forEach((ofEntry, index) => {
      if (ofEntry.some((all) => all.length === 0)) this.forAnyName.push(index)
      else
        for (const name of new Set(ofEntry.map(rarest))) {
          const numbers = this.byName.get(name)
          if (numbers === undefined) this.byName.set(name, [index])
          else numbers.push(index)
        }
    })
  }

  /** The entries that hold for a file, in the order in which they are written. */
  holding(path: string): Entry[] {
    const below = this.base === '' ? path : path.slice(this.base.length + 1)
    const numbers = new Set(this.forAnyName)
    for (const name of below.split('/')) for (const index of this.byName.get(name) ?? []) numbers.add(index)
    return [...numbers]
      .sort((a, b) => a - b)
      .filter((index) => this.layers[index]!.verdict(path, false) === true)
      .map((index) => this.entries[index]!)
  }
}
