/** What the objects of a class hold: declared with a default, or assigned by its methods. */
import { define } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classScope } from './attribute-values.js'
import { baseClasses } from './base-classes.js'
import { classConstant } from './data-classes.js'
import type { ClassSummary, Klass } from './module.js'
import { asPassed } from './outward-values.js'
import type { Scope } from './scope.js'

type Fields = Pick<ClassSummary, 'fields' | 'sets'>

const mostFields = 200

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
  of(klass: Klass): Fields {
    const fields: NonNullable<ClassSummary['fields']> = {}
    const sets = new Set<string>()
    // What a class says holds over what its bases say.
    for (const one of [klass, ...baseClasses(this.analysis, klass)].reverse()) {
      for (const [name, field] of Object.entries(this.ownFields(one))) define(fields, name, field)
      for (const name of this.sets.get(one) ?? []) sets.add(name)
    }
    return {
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
      ...(sets.size === 0 ? {} : { sets: [...sets] }),
    }
  }

  private readonly own = new Map<Klass, NonNullable<ClassSummary['fields']>>()

  private ownFields(klass: Klass): NonNullable<ClassSummary['fields']> {
    const before = this.own.get(klass)
    if (before !== undefined) return before
    const fields: NonNullable<ClassSummary['fields']> = {}
    this.own.set(klass, fields)
    for (const statement of klass.node.body.slice(0, mostFields)) {
      const target = statement.type === 'assign' ? statement.targets[0] : undefined
      if (target?.type !== 'name') continue
      const written = classConstant(klass, target.id)
      const folded = written === null ? null : asPassed(this.analysis.fold(written))
      define(fields, target.id, folded?.state === 'known' ? { value: folded.value } : null)
    }
    return fields
  }

  private add(node: Scope['node'] | undefined, name: string): void {
    const klass = node?.type === 'class' ? this.analysis.classByNode.get(node) : undefined
    if (klass === undefined) return
    const known = this.sets.get(klass)
    if (known === undefined) this.sets.set(klass, new Set([name]))
    else known.add(name)
  }
}
