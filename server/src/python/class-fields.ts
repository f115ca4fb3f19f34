/** What the objects of a class hold: declared with a default, or assigned by its methods. */
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classConstant } from './data-classes.js'
import type { ClassSummary, Klass } from './module.js'
import { classScope } from './names.js'
import { asPassed } from './outward.js'
import type { Scope } from './scope.js'

type Fields = Pick<ClassSummary, 'fields' | 'sets'>

const mostFields = 200
const mostBases = 8

export class ClassFields {
  private readonly sets = new Map<Klass, Set<string>>()

  constructor(private readonly analysis: Analysis) {
    for (const [name, stores] of analysis.attributeStores) {
      if (!name.startsWith('self.')) continue
      for (const { scope } of stores) this.add(classScope(scope)?.node, name.slice('self.'.length))
    }
    for (const call of analysis.calls)
      if (call.method === 'setattr' && call.function?.class != null) this.add(call.function.class.node, '*')
  }

  /** With what it has from classes of its module; nothing for a class that says nothing of it. */
  of(klass: Klass, depth = 0): Fields {
    const fields: NonNullable<ClassSummary['fields']> = {}
    const sets = new Set(this.sets.get(klass))
    for (const base of depth < mostBases ? klass.node.bases : []) {
      const parent = base.name === null ? this.analysis.classOf(base.value) : null
      if (parent === null || parent === klass) continue
      const inherited = this.of(parent, depth + 1)
      for (const [name, field] of Object.entries(inherited.fields ?? {})) define(fields, name, field)
      for (const name of inherited.sets ?? []) sets.add(name)
    }
    for (const statement of klass.node.body.slice(0, mostFields)) {
      const target = statement.type === 'assign' ? statement.targets[0] : undefined
      if (target?.type !== 'name') continue
      const written = classConstant(klass, target.id)
      const folded = written === null ? null : asPassed(this.analysis.fold(written))
      define(fields, target.id, folded?.state === 'known' ? { value: folded.value } : null)
    }
    return {
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
      ...(sets.size === 0 ? {} : { sets: [...sets] }),
    }
  }

  private add(node: Scope['node'] | undefined, name: string): void {
    const klass = node?.type === 'class' ? this.analysis.classByNode.get(node) : undefined
    if (klass === undefined) return
    const known = this.sets.get(klass)
    if (known === undefined) this.sets.set(klass, new Set([name]))
    else known.add(name)
  }
}
