/** What a class has from classes of other modules of the project, and asks of those that extend it. */
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import type { ClassSummary, Func, Klass } from './module.js'
import { projectMember } from './project-members.js'

/** `self._step(batch)` in a loop of one of its methods. */
export function repeatedMethods({ methods }: Klass): string[] {
  const names = [...methods.values()].flatMap(({ calls }) =>
    calls.flatMap(({ loops, expr: { callee } }) =>
      loops.length > 0 &&
      callee.type === 'attribute' &&
      callee.value.type === 'name' &&
      callee.value.id === 'self'
        ? [callee.attr]
        : [],
    ),
  )
  return [...new Set(names)]
}

/** Classes of other modules that a class, or one that it is derived from here, extends. */
export function importedBases(analysis: Analysis, klass: Klass): ClassSummary[] {
  const found = [klass, ...baseClasses(analysis, klass)].flatMap(({ node }) =>
    node.bases.flatMap(({ name, value }) => {
      if (name !== null || analysis.classOf(value) !== null) return []
      const module = projectMember(analysis, value)
      return (module === null ? undefined : lookUp(module.summary.classes, module.rest)) ?? []
    }),
  )
  return [...new Set(found)]
}

/** Classes of modules that import this one which extend a class of it. */
export function extendingClasses({ importers }: Analysis, { name }: Klass): ClassSummary[] {
  const isIt = (base: string): boolean => base === name || base.endsWith(`.${name}`)
  return importers.flatMap(({ classes }) => Object.values(classes).filter(({ bases }) => bases.some(isIt)))
}

/** Methods that a class has from others of the project, here or in other modules, without its own. */
export function inheritedMethods(analysis: Analysis, klass: Klass): string[] {
  const imported = importedBases(analysis, klass).flatMap(methodNames)
  const here = baseClasses(analysis, klass).flatMap(({ methods }) => [...methods.keys()])
  return [...new Set([...imported, ...here])].filter((name) => !klass.methods.has(name))
}

/** All methods that objects of a class have, as far as the project brings them. */
export function methodNames({
  methods,
  inherited = [],
}: Pick<ClassSummary, 'methods' | 'inherited'>): string[] {
  return [...methods, ...inherited]
}

/** Other classes of the module that the code of a class names. */
export function namedClasses(analysis: Analysis, { name, node }: Klass): string[] {
  if (analysis.classes.length < 2) return []
  const order = orderOf(analysis)
  const words = new Set(analysis.code.slice(node.start, node.end).match(/\w+/g))
  words.delete(name)
  return [...words].filter((word) => order.has(word)).sort((a, b) => order.get(a)! - order.get(b)!)
}

const orders = new WeakMap<Analysis, ReadonlyMap<string, number>>()

/** The classes of a module by name, numbered as they come. */
function orderOf(analysis: Analysis): ReadonlyMap<string, number> {
  const order = orders.get(analysis) ?? new Map(analysis.classes.map(({ name }, index) => [name, index]))
  orders.set(analysis, order)
  return order
}

/** A method that a class of another module, which the class extends, calls in a loop. */
export function isRepeatedByBase(analysis: Analysis, { class: klass, name }: Func): boolean {
  return (
    klass !== null && importedBases(analysis, klass).some(({ repeats }) => repeats?.includes(name) === true)
  )
}
