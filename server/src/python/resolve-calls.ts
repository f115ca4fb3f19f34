/** Finds out once for a module what its classes extend, what its calls name, and what their receivers are. */
import type { Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import type { CallSites } from './call-sites.js'
import { calleeName } from './callee-names.js'
import { canonicalName } from './canonical-names.js'
import { instantiated, isInstantiation } from './configured.js'
import { addUses } from './library-uses.js'
import type { Call, Func, Klass } from './module.js'
import { definition, nameOf } from './names.js'
import { isForeign, projectMember } from './project-members.js'

export function resolveClasses(analysis: Analysis): void {
  for (const klass of analysis.classes) {
    for (const base of klass.node.bases) {
      if (base.name !== null) continue
      const name = nameOf(analysis, base.value)
      if (name !== null) klass.bases.push(name)
    }
  }
  // Bases that are classes of the project stand for their own library base, once however often they are inherited.
  const add = (klass: Klass, bases: readonly string[]): void => {
    for (const base of bases) if (!klass.bases.includes(base)) klass.bases.push(base)
  }
  for (const klass of analysis.classes) {
    for (const base of klass.node.bases) {
      if (base.name !== null) continue
      const parent = analysis.classOf(base.value)
      if (parent !== null && parent !== klass) add(klass, parent.bases)
      else {
        const found = projectMember(analysis, base.value)
        const known = found === null ? undefined : lookUp(found.summary.classes, found.rest)
        if (known !== undefined) add(klass, known.bases)
      }
    }
  }
}

export function resolveCalls(analysis: Analysis, sites: CallSites): void {
  const { ownUses } = analysis
  const handedOver: { call: Call; value: Expr; handed: Func }[] = []
  for (const call of analysis.calls) {
    call.name = calleeName(analysis, call.expr.callee)
    if (call.name !== null) ownUses.add(call.name)
    const { callee } = call.expr
    if (callee.type === 'attribute') {
      ownUses.add(`.${callee.attr}`)
      if (call.name === null) {
        call.receiver = analysis.typeOf(callee.value)
        if (call.receiver !== null) ownUses.add(`${call.receiver}.${callee.attr}`)
      }
    }
    if (!isForeign(analysis, callee)) {
      const made = callee.type === 'attribute' ? definition(analysis, callee.value) : null
      if (made?.type === 'call') call.receiverCall = analysis.callByExpr.get(made) ?? null
      sites.add(call)
    }
    for (const argument of call.expr.args) {
      if (argument.value.type !== 'name' && argument.value.type !== 'attribute') continue
      const handed = isForeign(analysis, argument.value)
        ? null
        : (analysis.functionOf(argument.value) ?? sites.constructorOf(argument.value))
      if (handed !== null) handedOver.push({ call, value: argument.value, handed })
      else {
        const name = argument.value.type === 'attribute' ? nameOf(analysis, argument.value) : null
        if (name !== null) ownUses.add(name)
      }
    }
  }
  for (const { call, value, handed } of handedOver) sites.addHanded(call, value, handed)
  for (const statement of analysis.statements) addUses(analysis, statement)
}

/** `instantiate(cfg.trainer)` is a call of what `_target_` names, with the keys as its arguments. */
export function resolveInstantiations(analysis: Analysis): void {
  for (const call of analysis.calls) {
    if (!isInstantiation(call.name)) continue
    const found = instantiated(analysis, call)
    if (found === null) continue
    analysis.instantiations.set(call, found)
    call.name = canonicalName(found.target)
    analysis.ownUses.add(call.name)
  }
  if (analysis.instantiations.size > 0) analysis.forgetNames()
}

/** `getattr(models, config['arch'])(…)`, `Optimizer = getattr(torch.optim, name)`: calls of what a text names. */
export function resolveChosenCallees(analysis: Analysis): void {
  if (!analysis.text.includes('getattr(')) return
  let found = false
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (call.name !== null || definition(analysis, callee).type !== 'call') continue
    const name = nameOf(analysis, callee)
    if (name === null) continue
    call.name = name
    analysis.ownUses.add(name)
    found = true
  }
  if (found) analysis.forgetNames()
}

/** Receivers that only what functions are given tells of. */
export function resolveReceivers(analysis: Analysis): void {
  for (const call of analysis.calls) {
    const { callee } = call.expr
    if (callee.type !== 'attribute' || call.name !== null || call.receiver !== null) continue
    call.receiver = analysis.typeOf(callee.value)
    if (call.receiver !== null) analysis.ownUses.add(`${call.receiver}.${callee.attr}`)
  }
}
