/** What happens in a piece of code, with calls into functions of the project followed. */
import type { CallExpr, Expr, For, Stmt, While } from '../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf, forEachChild } from '../syntax/python-children.js'
import type { Span } from '../text/location.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { classAround } from './attribute-values.js'
import { functionOf, wrappers } from './callables.js'
import { chosenMethod } from './chosen-classes.js'
import { CircularAnswers } from './circular-answers.js'
import { followsTensor, loadedOnDevice, loadsOnDevice, putsOnDevice, toDevice } from './device-moves.js'
import { emptyEffects, mergeEffects, running, withoutBackward } from './effect-sets.js'
import { namesEpochs } from './epoch-names.js'
import { extendingClasses, importedBases } from './extended-classes.js'
import { isFunctionalUpdate, repeatsFunction, takesGradients } from './functional-steps.js'
import { carriedStep, isCarriedStep, isSessionStep, sessionStep } from './graph-steps.js'
import { importedFunction } from './import-targets.js'
import { importedWork } from './method-calls.js'
import type { Call, ClassSummary, Effects, Func, Klass, Running } from './module.js'
import { namedStep } from './named-steps.js'
import { bindingsOf } from './names.js'
import { ofPart, takesPart } from './partial-reads.js'
import { passedMethod } from './passed-objects.js'
import { importedMember } from './project-members.js'
import type { Binding } from './scope.js'
import { createdGraph, isBackward, isOptimizerStep } from './training-calls.js'

const depthLimit = 3

export class EffectFinder {
  /** By how far the function is from where the question began: what lies beyond the limit is not followed. */
  private readonly byFunction: Map<Func, Effects>[] = []
  private readonly byLoop = new Map<For | While, Effects>()
  private readonly byCall = new Map<Call, Effects>()
  private readonly targets = new Map<Expr, Func | Running | null>()
  /** What parameters stand for, which functions pass on to each other. */
  private readonly passed = new CircularAnswers<Binding, Func | Running | null>(null, 100)
  private readonly active = new Set<Func>()
  /** Functions that were met while they were being looked at: what is known of their callers is not whole. */
  private rings = 0

  constructor(private readonly analysis: Analysis) {}

  /** Effects of statements. Loops inside are included; a whole training loop also sets `trains`. */
  ofStatements(code: Stmt[], depth = 0): Effects {
    const effects = emptyEffects()
    for (const statement of code) this.addStatement(statement, effects, depth)
    return effects
  }

  ofExpression(expr: Expr, depth = 0): Effects {
    const effects = emptyEffects()
    if (depth === 0 && this.active.size === 0) this.addKept(expr, effects)
    else this.adder(effects, depth)(expr)
    return effects
  }

  /** Effects of one pass of a loop. */
  ofLoop(loop: For | While, depth = 0): Effects {
    const before = depth === 0 ? this.byLoop.get(loop) : undefined
    if (before !== undefined) return before
    const effects = this.ofStatements(loop.body, depth)
    if (this.isWithoutGradients(loop)) withoutBackward(effects)
    // Inside a ring of functions it is not whole; loops are asked for by themselves first.
    if (depth === 0 && this.active.size === 0) this.byLoop.set(loop, effects)
    return effects
  }

  ofFunction(func: Func, depth = 0): Effects {
    if (depth > depthLimit) return emptyEffects()
    const known = this.byFunction[depth]?.get(func)
    if (known !== undefined) return known
    if (this.active.has(func)) {
      this.rings++
      return emptyEffects()
    }
    const rings = this.rings
    this.active.add(func)
    const effects = this.ofStatements(func.node.body, depth)
    for (const decorator of func.node.decorators) {
      const name = decoratorName(this.analysis, decorator)
      if (name !== null) effects.calls.add(name)
      // `@eqx.filter_value_and_grad` over a loss: whoever calls it takes gradients.
      if (takesGradients(name)) effects.backward = true
      if (this.switchesGradientsOff(decorator)) withoutBackward(effects)
    }
    this.active.delete(func)
    if (depth === 0 || rings === this.rings) {
      this.byFunction[depth] ??= new Map()
      this.byFunction[depth].set(func, effects)
    }
    return effects
  }

  /** `epoch in range(90)`. */
  headerOf(loop: For | While): string {
    const [start, end] =
      loop.type === 'for' ? [loop.target.start, loop.iterable.end] : [loop.test.start, loop.test.end]
    return this.analysis.text.slice(start, end)
  }

  private addStatement(statement: Stmt, effects: Effects, depth: number): void {
    // A function or class that is only defined does nothing yet.
    if (statement.type === 'function' || statement.type === 'class') return
    const calls = this.analysis.callsIn.get(statement) ?? none
    for (let index = 0; index < calls.length; index++) this.addCall(calls[index]!, effects, depth)
    if (calls.length > 0 && effects.backward && effects.optimizerStep)
      effects.trains ||= this.goesThroughSteps(statement, depth)
    if (statement.type === 'for' || statement.type === 'while') {
      const inside = this.ofLoop(statement, depth)
      mergeEffects(effects, inside)
      if (inside.backward && inside.optimizerStep) effects.trains = true
      if (inside.trains && namesEpochs(this.headerOf(statement))) effects.epochs = true
      for (const child of statement.orelse) this.addStatement(child, effects, depth)
      return
    }
    if (statement.type === 'with' && statement.items.some(({ value }) => this.switchesGradientsOff(value))) {
      const inside = this.ofStatements(statement.body, depth)
      withoutBackward(inside)
      mergeEffects(effects, inside)
      return
    }
    for (const block of blocksOf(statement))
      for (const child of block) this.addStatement(child, effects, depth)
  }

  /** `[step(batch) for batch in loader]`: a comprehension goes through batches as a loop does. */
  private goesThroughSteps(statement: Stmt, depth: number): boolean {
    const isTraining = (expr: Expr): boolean => {
      if (expr.type === 'comprehension') {
        const inside = this.ofExpression(expr.element, Math.max(1, depth))
        return inside.backward && inside.optimizerStep
      }
      return childrenOf(expr).some(isTraining)
    }
    return expressionsOf(statement).some(isTraining)
  }

  private withoutGradients: Span[] | null = null

  /** A block or a function around it runs without gradients. */
  isWithoutGradients(inner: Span): boolean {
    this.withoutGradients ??= this.analysis.statements.filter(
      (one) =>
        (one.type === 'with' && one.items.some(({ value }) => this.switchesGradientsOff(value))) ||
        (one.type === 'function' && one.decorators.some((decorator) => this.switchesGradientsOff(decorator))),
    )
    return this.withoutGradients.some(({ start, end }) => start < inner.start && inner.end <= end)
  }

  /** `torch.no_grad()`, also as a decorator. */
  private switchesGradientsOff(expr: Expr): boolean {
    const name = this.analysis.nameOf(expr.type === 'call' ? expr.callee : expr)
    if (name !== 'torch.no_grad' && name !== 'torch.inference_mode') return false
    // `torch.inference_mode(mode=not training)`.
    return expr.type !== 'call' || expr.args.length === 0
  }

  /** As `adder`, where calls inside calls are asked for by themselves as well. */
  private addKept(expr: Expr, effects: Effects): void {
    const call = expr.type === 'call' ? this.analysis.callByExpr.get(expr) : undefined
    if (call === undefined) {
      const around = expr.type === 'comprehension' ? emptyEffects() : effects
      forEachChild(expr, (child) => this.addKept(child, around))
      if (around === effects) return
      if (around.backward && around.optimizerStep) around.trains = true
      mergeEffects(effects, around)
      return
    }
    let inside = this.byCall.get(call)
    if (inside === undefined) {
      inside = emptyEffects()
      this.addCall(call, inside, 0)
      const made = inside
      forEachChild(expr, (child) => this.addKept(child, made))
      this.byCall.set(call, made)
    }
    mergeEffects(effects, inside)
  }

  /** Adds what an expression does. One function for all that stand in a statement. */
  private adder(effects: Effects, depth: number): (expr: Expr) => void {
    const add = (expr: Expr): void => {
      if (expr.type === 'call') {
        const call = this.analysis.callByExpr.get(expr)
        if (call !== undefined) this.addCall(call, effects, depth)
      }
      forEachChild(expr, add)
    }
    return add
  }

  private addCall(call: Call, effects: Effects, depth: number): void {
    if (call.name !== null) {
      effects.calls.add(call.name)
      if (takesPart(call)) effects.calls.add(`${call.name}${ofPart}`)
    } else if (call.receiver !== null) effects.calls.add(`${call.receiver}.${call.method}`)
    else {
      // `tokenizer(text)`: an object is called.
      const called = this.analysis.typeOf(call.expr.callee)
      if (called !== null) effects.calls.add(`${called}.__call__`)
    }
    if (call.expr.callee.type === 'attribute') effects.calls.add(`.${call.method}`)
    // A parameter, or a name of the function around this one: what it stands for is not known, what it does is.
    else if (call.name === null && textMaker.test(call.method)) effects.calls.add(`.${call.method}`)
    if (putsOnDevice(call, this.analysis.text) && !followsTensor(this.analysis, call))
      effects.calls.add(toDevice)
    if (loadsOnDevice(call, this.analysis.text)) effects.calls.add(loadedOnDevice)
    if (isBackward(call) || takesGradients(call.name)) effects.backward = true
    if (isOptimizerStep(this.analysis, call) || isFunctionalUpdate(this.analysis, call))
      effects.optimizerStep = true
    if (call.method === 'train_on_batch' || isSessionStep(this.analysis, call)) {
      if (call.method === 'run') effects.calls.add(sessionStep)
      effects.backward = true
      effects.optimizerStep = true
    }
    if (isCarriedStep(this.analysis, call)) {
      effects.calls.add(carriedStep)
      effects.backward = true
      effects.optimizerStep = true
    }
    if (createdGraph(call) !== null) effects.secondOrder = true
    this.follow(call.expr.callee, effects, depth)
    // `optimizer.step(closure)`, `map(step, batches)`: functions that are handed over are run.
    const applies = appliesFunctions.test(call.method)
    for (const { value } of call.expr.args) {
      if (value.type === 'name' || (applies && isOwnMethod(value))) this.follow(value, effects, depth, false)
    }
    if (repeatsFunction(call.name)) effects.trains ||= this.repeatsStep(call.expr, depth)
  }

  /** One of the functions that a call is handed to run again and again takes a whole step. */
  private repeatsStep({ args }: CallExpr, depth: number): boolean {
    return args.some(({ value }) => {
      const target = this.targetOf(value)
      const inside = target !== null && 'node' in target ? this.ofFunction(target, depth + 1) : target
      return inside?.backward === true && inside.optimizerStep
    })
  }

  /** `held`: also where a variable holds what is called. */
  private follow(callee: Expr, effects: Effects, depth: number, held = true): void {
    let target = this.targets.get(callee)
    if (target === undefined) {
      target = this.targetOf(callee, held)
      this.targets.set(callee, target)
    }
    if (target === null) return
    if ('node' in target) {
      mergeEffects(effects, this.ofFunction(target, depth + 1))
      return
    }
    effects.backward ||= target.backward
    effects.optimizerStep ||= target.optimizerStep
    effects.trains ||= target.trains
    effects.secondOrder ||= target.secondOrder === true
    effects.epochs ||= target.epochs === true
    for (const name of target.calls) effects.calls.add(name)
  }

  /** The step of a class in a module that imports this one, for a method that is only declared here. */
  private overridden(func: Func): Running | null {
    if (func.class === null || !isAbstract(func)) return null
    return stepOf(extendingClasses(this.analysis, func.class), func.name)
  }

  /** `self.train_step(batch)` of a class that leaves the method to those that extend it, without a word. */
  private leftOpen(callee: Expr): Running | null {
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== 'self') return null
    const klass = classAround(this.analysis, callee.start)
    const isOpen = klass !== null && this.analysis.attributeValues(callee).length === 0
    return isOpen ? stepOf(extendingClasses(this.analysis, klass), callee.attr) : null
  }

  /** What happens when the value of an expression is called; null: it is no function of the project. */
  ofCalled(expr: Expr): Effects | Running | null {
    const target = this.targetOf(expr)
    return target !== null && 'node' in target ? this.ofFunction(target, 1) : target
  }

  /** What a callee runs: a function of this module, or one of another module of the project. */
  private targetOf(callee: Expr, held = true): Func | Running | null {
    const func = functionOf(this.analysis, callee)
    if (func !== null) return this.overridden(func) ?? func
    return (
      this.importedTarget(callee) ??
      this.inheritedStep(callee) ??
      this.leftOpen(callee) ??
      (held
        ? (this.heldTarget(callee) ??
          passedMethod(this.analysis, callee) ??
          chosenMethod(this.analysis, callee) ??
          namedStep(this.analysis, callee))
        : null) ??
      importedWork(this.analysis, callee)
    )
  }

  /** A function that a variable holds: `step = make_step(model)` of another module, or what a function is passed. */
  private heldTarget(callee: Expr): Func | Running | null {
    const { analysis } = this
    const held = this.heldValue(callee)
    if (held.type === 'call') return this.madeTarget(held)
    if (held.type !== 'name') return null
    const bindings = bindingsOf(analysis, held.id, held.start)
    const [only] = bindings
    if (only?.kind === 'assign' && only.value?.type === 'call' && only.unpack?.length === 1)
      return importedFunction(analysis, only.value.callee)?.givesEach?.[only.unpack[0]!] ?? null
    const binding = bindings.length === 1 && only!.kind === 'param' ? only! : null
    return binding === null ? null : this.passed.of(binding, () => this.passedTarget(binding))
  }

  private heldValue(callee: Expr): Expr {
    const { analysis } = this
    if (callee.type !== 'attribute') return analysis.definition(callee)
    const [only, ...more] = analysis.attributeValues(callee)
    // `self.transform = transform` in the constructor.
    return (only?.type === 'call' || only?.type === 'name') && more.length === 0 ? only : callee
  }

  /** `jax.value_and_grad(loss)`, `jax.pmap(jax.jit(step))` with a step of another module, an object of one that can be called. */
  private madeTarget({ callee, args }: CallExpr): Func | Running | null {
    const gives = importedFunction(this.analysis, callee)?.gives
    if (gives !== undefined) return gives
    const called = this.analysis.importedClass(callee)?.steps?.__call__
    if (called !== undefined) return called
    const name = this.analysis.nameOf(callee) ?? ''
    if (takesGradients(name)) return { ...nothing, backward: true, calls: [name] }
    const wrapped = args[0]
    return wrapped !== undefined && wrappers.test(name) ? this.targetOf(wrapped.value) : null
  }

  /** What one of the calls of a function passes for a parameter. */
  private passedTarget(binding: Binding): Func | Running | null {
    const { analysis } = this
    const owner = analysis.parameterOwner(binding)
    if (owner === null) return null
    const passesOn = ({ name, position }: { name: string | null; position: number | null }) =>
      name === binding.name || (name === null && position === owner.position)
    for (const site of analysis.callSites(owner.func) ?? []) {
      const args = site.expr.args
      const given = args.find(({ name, star }, position) => star === 0 && passesOn({ name, position }))
      const target = given === undefined ? null : this.targetOf(given.value)
      if (target !== null) return target
    }
    for (const { args } of analysis.outsideCalls(owner.func)) {
      const runs = args?.find(passesOn)?.runs
      if (runs !== undefined) return runs
    }
    return null
  }

  /** `self.optimize(loss)`, a step of a class of another module that the class extends. */
  inheritedStep(callee: Expr): Running | null {
    if (callee.type !== 'attribute' || callee.value.type !== 'name' || callee.value.id !== 'self') return null
    if (this.analysis.importedByName.size === 0) return null
    const klass = classAround(this.analysis, callee.start)
    if (klass === null || functionOf(this.analysis, callee) !== null) return null
    for (const base of importedBases(this.analysis, klass)) {
      const step = lookUp(base.steps ?? {}, callee.attr) ?? this.filledIn(klass, base, callee.attr)
      if (step != null) return step
    }
    return null
  }

  /** `self.learn_if_ready()` of a base class, which calls what this class says: `self.learn()`. */
  private filledIn(klass: Klass, base: ClassSummary, method: string): Running | null {
    const calls = lookUp(base.does ?? {}, method) ?? []
    const effects = emptyEffects()
    for (const name of calls) {
      const own = name.startsWith('.') ? klass.methods.get(name.slice(1)) : undefined
      if (own !== undefined) mergeEffects(effects, this.ofFunction(own, depthLimit - 1))
    }
    if (!effects.backward || !effects.optimizerStep) return null
    for (const name of calls) effects.calls.add(name)
    return running(effects)
  }

  private importedTarget(callee: Expr): Running | null {
    const found = importedMember(this.analysis, callee)
    if (found === null) return null
    const [name, method] = found.rest.split('.')
    if (method === undefined) return lookUp(found.summary.functions, found.rest) ?? null
    // `engine.step(batch)` of a class of another module, `Audio.read(path)` of one that only holds functions.
    const step = lookUp(lookUp(found.summary.classes, name!)?.steps ?? {}, method)
    return step ?? lookUp(found.summary.functions, found.rest) ?? null
  }
}

function stepOf(classes: readonly ClassSummary[], method: string): Running | null {
  for (const { steps } of classes) {
    const step = lookUp(steps ?? {}, method)
    if (step !== undefined) return step
  }
  return null
}

/** `@jax.jit`, `@eqx.filter_grad(has_aux=True)`, `@partial(jax.value_and_grad, has_aux=True)`. */
function decoratorName(analysis: Analysis, decorator: Expr): string | null {
  if (decorator.type !== 'call') return analysis.nameOf(decorator)
  const name = analysis.nameOf(decorator.callee)
  const [wrapped] = decorator.args
  return name === 'functools.partial' && wrapped !== undefined ? analysis.nameOf(wrapped.value) : name
}

/** `raise NotImplementedError`, `pass`, `...`, or a text alone: classes that extend this one say what it does. */
export function isAbstract({ node }: Func): boolean {
  return node.body.every(
    (one) =>
      one.type === 'raise' ||
      one.type === 'pass' ||
      (one.type === 'return' && (one.value === null || one.value.type === 'constant')) ||
      (one.type === 'expr' && !/^(call|await|yield)$/.test(one.value.type)),
  )
}

/** `map(self.read, files)`, `partial(self.read, size=64)`. */
const appliesFunctions = /^(map|partial|filter|imap\w*|starmap\w*|submit|apply\w*)$/

function isOwnMethod(expr: Expr): boolean {
  return expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === 'self'
}

const none: readonly Call[] = []

const nothing = { backward: false, optimizerStep: false, trains: false }

const textMaker = /(^|_)(tokenizer|processor|feature_extractor)$/
