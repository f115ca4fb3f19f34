/** Where the functions of a module are called in it, constructors included, and which of them are handed around. */
import type { Expr } from '../syntax/python-ast.js'
import { grouped } from '../text/grouped.js'
import type { Analysis } from './analysis.js'
import { baseClasses } from './base-classes.js'
import { methodOf } from './callables.js'
import { tableEntries } from './function-tables.js'
import { handedCall } from './handed-calls.js'
import type { Call, Func, Klass } from './module.js'

export class CallSites {
  private readonly sites = new Map<Func, Call[]>()
  private readonly escaping = new Set<Func>()
  private overridden: Set<Klass> | null = null
  private constructions: Map<Klass, Call[]> | null = null
  private callsByClass: Map<Klass, Call[]> | null = null

  /**
   * @param knowsImporters what importers call is known, or nobody imports the module
   * @param onlyCalls places of functions, and of the only call of each that counts
   */
  constructor(
    private readonly analysis: Analysis,
    private readonly knowsImporters: boolean,
    private readonly onlyCalls: ReadonlyMap<number, number>,
  ) {}

  /** Notes the function or the constructor of this module that a call runs. */
  add(call: Call): void {
    const { callee } = call.expr
    const func = this.analysis.functionOf(callee)
    // An object of a class of the project is one of the library's class as well.
    for (const base of this.analysis.classOf(callee)?.bases ?? []) this.analysis.ownUses.add(base)
    const run = func ?? this.constructorOf(callee)
    if (run !== null) this.addSite(run, call)
    else
      for (const entry of tableEntries(this.analysis, callee) ?? []) {
        const one = this.analysis.functionOf(entry) ?? this.constructorOf(entry)
        if (one !== null) this.addSite(one, call)
      }
  }

  /** Notes a function that a call is handed: which library it is handed to may depend on what other calls make. */
  addHanded(call: Call, value: Expr, handed: Func): void {
    const made = handedCall(this.analysis, call)
    if (made?.func !== value) this.escaping.add(handed)
    else this.addSite(handed, { ...call, expr: made.made })
  }

  private addSite(func: Func, call: Call): void {
    const list = this.sites.get(func)
    if (list === undefined) this.sites.set(func, [call])
    else list.push(call)
  }

  /** Calls of a function in this module; null when it is handed around as a value, so that calls cannot be listed. */
  of(func: Func): Call[] | null {
    const sites = this.escaping.has(func) ? null : (this.sites.get(func) ?? [])
    const only = this.onlyCalls.get(func.node.start)
    return only === undefined || sites === null ? sites : sites.filter(({ expr }) => expr.start === only)
  }

  isLooped(func: Func): boolean {
    return (this.sites.get(func) ?? []).some(({ loops }) => loops.length > 0)
  }

  /**
   * The `__init__` that making an object of a class of this module calls, its own or an inherited one; null where a class
   * that is derived from it here has one of its own. `outside` has what importers do.
   */
  constructorOf(callee: Expr): Func | null {
    if (!this.knowsImporters) return null
    const { analysis } = this
    const klass = analysis.classOf(callee)
    const init = klass === null || klass.methods.has('__new__') ? null : methodOf(analysis, klass, '__init__')
    const owner = init?.class ?? null
    if (owner === null) return null
    if (this.overridden === null) {
      this.overridden = new Set()
      for (const one of analysis.classes)
        if (one.methods.has('__init__'))
          for (const base of baseClasses(analysis, one)) this.overridden.add(base)
    }
    return this.overridden.has(owner) ? null : init
  }

  /** Calls that make an object of a class of this module. */
  constructionsOf(klass: Klass): readonly Call[] {
    this.constructions ??= grouped(this.analysis.calls, ({ expr }) => this.analysis.classOf(expr.callee))
    return this.constructions.get(klass) ?? []
  }

  /** Calls in the methods of a class. */
  callsOfClass(klass: Klass): readonly Call[] {
    this.callsByClass ??= grouped(this.analysis.calls, (call) => call.function?.class ?? null)
    return this.callsByClass.get(klass) ?? []
  }
}
