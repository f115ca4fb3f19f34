/** Failures of training that nobody hears of: handlers that catch everything and go on. */

import { trainsEachNamed } from '../../python/loop-roles.js'
import type { Call, Effects, Func, Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt, Try } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { usesAny } from '../pytorch/library-uses.js'
import { defineReader } from '../reader.js'
import { trainsByEpochs } from '../search/trial-steps.js'
import { claimFailedTrials } from './failed-trials.js'
import { trainsListed } from './listed-stages.js'
import { asTry } from './suppressed.js'
import { changeSwallowed } from './swallowed-change.js'

type Handler = Try['handlers'][number]

export interface Swallowed {
  statement: Try
  handler: Handler
  /** One step, one of several trainings, or all that the program trains. */
  place: 'step' | 'trial' | 'run'
  /** `except Exception`. */
  key: string
  /** Something is printed or logged. */
  told: boolean
  /** The loop whose passes are lost; null: none around it in the same function. */
  loop: Loop | null
  /** What fails is only how its result is saved, or what is looked for before it. */
  stage?: 'after' | 'before'
}

export const swallowedReader = defineReader({
  name: 'python-failures',
  languages: ['python'],
  triggers: [
    'torch',
    'tensorflow',
    'keras',
    'jax',
    'transformers',
    'lightning',
    'accelerate',
    'deepspeed',
    'optuna',
    'sklearn',
    'xgboost',
    'lightgbm',
    'catboost',
    'stable_baselines3',
    'train',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const found of swallowedIn(python)) {
      // A service goes on with the next request, and tells the one who asked.
      if (found.place === 'run' && usesAny(python, services)) continue
      const { handler, key, statement } = found
      const at = { start: handler.start, end: handler.type?.end ?? handler.start + 'except'.length }
      const operation = claimOperation(claims, {
        kind: 'swallow failure',
        place: found.place,
        key,
        at,
        site: {
          start: statement.start,
          end: statement.end,
          target: { kind: 'handler', start: handler.start },
        },
        scope: functionAt(python, statement)?.qualified ?? '',
        evidence: evidenceOf(python, found),
        weight: found.told ? 'slight' : 'ordinary',
      })
      if (found.place === 'step') operation.known('each', key, 'batch', at)
      if (found.stage !== undefined) operation.known('stage', key, found.stage, at)
    }
    for (const call of python.methodCalls('optimize')) readCatch(python, call, claims)
    claimFailedTrials(python, claims, catchesEverything, (body) => swallows(python, body) !== null)
  },
  change: changeSwallowed,
})

const services = ['fastapi.', 'flask.', 'starlette.', 'django.', 'streamlit.', 'gradio.', 'celery.']

/** What the program itself runs trains, though another module holds the training. */
function evidenceOf(python: PythonModule, { statement, place }: Swallowed): Evidence {
  const evidence = trainingEvidence(python)
  const run = functionAt(python, statement) === null || python.isEntry
  return evidence.role === 'library' && place !== 'step' && run ? { ...evidence, role: 'training' } : evidence
}

/** `study.optimize(objective, catch=(Exception,))`. */
function readCatch(python: PythonModule, call: Call, claims: Parameters<typeof claimOperation>[0]): void {
  if (call.receiver !== 'optuna.Study') return
  const given = call.expr.args.find((one) => one.name === 'catch')
  if (given === undefined || !names(given.value).some(catchesAll)) return
  const at = { start: given.start, end: given.end }
  const key = python.text.slice(at.start, at.end)
  claimOperation(claims, {
    kind: 'swallow failure',
    place: 'trial',
    key,
    at,
    site: { start: call.expr.start, end: call.expr.end, target: { kind: 'argument', name: 'catch' } },
    scope: call.function?.qualified ?? '',
    evidence: { ...trainingEvidence(python), role: 'tuning' },
    weight: 'slight',
    subject: 'trials of a study',
  })
}

const catchesEverything = ({ type }: Handler): boolean => type === null || names(type).some(catchesAll)

const catchesAll = (name: string): boolean => name === 'Exception' || name === 'BaseException'

function names(expr: Expr): string[] {
  if (expr.type === 'name') return [expr.id]
  if (expr.type === 'attribute') return [expr.attr]
  if (expr.type === 'tuple' || expr.type === 'list' || expr.type === 'set') return expr.items.flatMap(names)
  return []
}

export function swallowedIn(python: PythonModule): Swallowed[] {
  const found: Swallowed[] = []
  for (const one of python.statements) {
    const statement = asTry(python, one)
    if (statement === null) continue
    for (const handler of statement.handlers) {
      const swallowed = view(python, statement, handler)
      if (swallowed !== null) found.push(swallowed)
    }
  }
  // Of handlers inside one another, the inner one decides.
  return found.filter(
    (one) =>
      !found.some(
        (other) =>
          other !== one &&
          other.statement.start > one.statement.start &&
          other.statement.end < one.statement.end,
      ),
  )
}

function view(analysis: PythonModule, statement: Try, handler: Handler): Swallowed | null {
  const caught = handler.type === null ? [] : names(handler.type)
  const all = handler.type === null || caught.some(catchesAll)
  const runtime = caught.includes('RuntimeError')
  const missing = !all && caught.some((name) => absence.test(name))
  if (!all && !runtime && !missing) return null
  if (statement.handlers.some((other) => other !== handler && other.body.some(raises))) {
    // `except KeyboardInterrupt: raise` before `except Exception: pass` changes nothing; others sort failures out.
    if (!all) return null
  }
  const told = swallows(analysis, handler.body)
  if (told === null) return null
  const saved = savesResult(analysis, statement)
  const place = saved
    ? { place: 'run' as const, loop: null }
    : missing
      ? leftBefore(analysis, statement, handler)
      : placeOf(analysis, statement, handler)
  if (place === null || (runtime && !all && place.place !== 'step')) return null
  if (place.place === 'run' && (analysis.evidence.notebook || trainsInBackground(analysis))) return null
  const key = keyOf(analysis, handler)
  return {
    statement,
    handler,
    key,
    told,
    ...place,
    ...(saved ? { stage: 'after' as const } : missing ? { stage: 'before' as const } : {}),
  }
}

function keyOf({ text }: PythonModule, { type, start, end }: Handler): string {
  const written = text.slice(start, end)
  if (!/^except\b/.test(written)) return written
  return type === null ? 'except:' : `except ${text.slice(type.start, type.end)}`
}

/** A service that trains beside its other work: a failure in a thread ends nothing, and must not. */
function trainsInBackground(analysis: PythonModule): boolean {
  return ['threading', 'asyncio', 'concurrent.futures'].some((name) => analysis.imports.has(name))
}

/** What the body of a handler may do without doing anything about the failure. Null: it does something. */
function swallows(analysis: PythonModule, body: Stmt[]): boolean | null {
  let told = false
  for (const statement of body) {
    switch (statement.type) {
      case 'pass':
      case 'continue':
      case 'delete':
      case 'import':
        break
      case 'expr': {
        const { value } = statement
        if (value.type === 'constant') break
        if (value.type !== 'call') return null
        const written = analysis.text.slice(value.callee.start, value.callee.end)
        if (saying.test(written)) told = true
        else if (!idle.test(written)) return null
        break
      }
      case 'assign':
        if (!isDescription(statement.value) && !isInvented(analysis, statement.value)) return null
        break
      case 'augassign':
        if (!isInvented(analysis, statement.value)) return null
        break
      case 'for': {
        // `for epoch in range(epochs): time.sleep(2); print(…)`: as if it had trained.
        const { iterable } = statement
        const counts = iterable.type === 'call' && /^(range|trange)$/.test(lastIdentifier(iterable.callee))
        const inner = counts ? swallows(analysis, statement.body) : null
        if (inner === null) return null
        told ||= inner
        break
      }
      case 'with': {
        // `with open('errors.log', 'a') as log: log.write(str(error))`: nobody reads it while the run goes on.
        const files = statement.items.every(
          ({ value }) => value.type === 'call' && lastIdentifier(value.callee) === 'open',
        )
        const inner = files ? swallows(analysis, statement.body) : null
        if (inner === null) return null
        told ||= inner
        break
      }
      case 'return':
        if (statement.value !== null && !isNone(statement.value)) return null
        break
      default:
        return null
    }
  }
  return told
}

/** `message = str(error)`, `trace = traceback.format_exc()`: text for a message. */
function isDescription(expr: Expr | null): boolean {
  if (expr?.type === 'fstring') return true
  if (expr?.type !== 'call') return false
  const { callee, args } = expr
  const name = lastName(callee)
  if (!/^(str|repr|format_exc|format)$/.test(name)) return false
  return args.every(({ value }) => value.type !== 'call' || isDescription(value))
}

/** `loss = 0.5 - epoch * 0.1 + random.uniform(0, 0.05)`: a result that nothing computed. */
function isInvented(python: PythonModule, expr: Expr | null): boolean {
  if (expr === null) return false
  if (expr.type === 'call') {
    const name = python.nameOf(expr.callee) ?? ''
    const drawn = /^(random|numpy\.random|time|datetime)\./.test(name)
    return (
      (drawn || /^(round|min|max|float|int|abs)$/.test(name)) &&
      expr.args.every(({ value }) => isInvented(python, value))
    )
  }
  if (expr.type === 'binary') return isInvented(python, expr.left) && isInvented(python, expr.right)
  if (expr.type === 'unary') return isInvented(python, expr.operand)
  return (
    expr.type === 'name' ||
    (expr.type === 'constant' && expr.value !== null && typeof expr.value !== 'boolean')
  )
}

const isNone = (expr: Expr): boolean => expr.type === 'constant' && expr.value === null

const saying =
  /^(print|log|(\w+\.)*(log|logger|logging|_logger|LOG|LOGGER|tqdm)\.\w+|(\w+\.)*(print_exc|print_exception|print_tb|warn|write|print_stack)|(mlflow|wandb)\.log(_metrics?|_params?)?)$/
const idle = /(^|\.)(empty_cache|zero_grad|collect|sleep|update|synchronize|set_description)$/

function raises(statement: Stmt): boolean {
  return statement.type === 'raise'
}

function placeOf(
  analysis: PythonModule,
  statement: Try,
  handler: Handler,
): Pick<Swallowed, 'place' | 'loop'> | null {
  const func = functionAt(analysis, statement)
  const around = analysis.loops.filter(
    (loop) => loop.node.start < statement.start && statement.end <= loop.node.end && loop.function === func,
  )
  const innermost = around.at(-1) ?? null
  const effects = analysis.effects(statement.body)
  const steps = effects.backward && effects.optimizerStep
  if (steps && innermost !== null && trainsEachNamed(analysis, innermost))
    return { place: 'trial', loop: innermost }
  if (innermost?.role === 'train' && steps && !effects.trains) return { place: 'step', loop: innermost }
  // The forward pass alone: what follows is left out for this batch.
  if (innermost?.role === 'train' && leavesStep(statement, handler)) return { place: 'step', loop: innermost }
  if (runsTraining(analysis, effects) || trainsListed(analysis, statement.body))
    return innermost === null ? runOf(statement, func) : { place: 'trial', loop: innermost }
  if (innermost === null && keepsFromTraining(analysis, statement, handler, func))
    return { place: 'run', loop: null }
  // A step in a function of its own, which the loop calls.
  if (steps && innermost === null && func !== null && calledInTraining(analysis, func))
    return { place: 'step', loop: null }
  return null
}

const saving =
  /^(torch\.save|joblib\.dump|\.save|\.save_pretrained|\.save_model|\.save_checkpoint|safetensors\..*save_file)$/

/** Nothing but saving, behind the training in the same function, or in one that is called there. */
function savesResult(python: PythonModule, statement: Try): boolean {
  const func = functionAt(python, statement)
  const body = func === null ? python.tree.body : func.node.body
  if (!body.includes(statement) || statement.orelse.length + statement.finally.length > 0) return false
  const { calls, trains, backward } = python.effects(statement.body)
  if (trains || backward || ![...calls].some((name) => saving.test(name))) return false
  if (isBehindTraining(python, body, statement)) return true
  // `def save(model, path): try: torch.save(…)`
  if (func === null || body.at(-1) !== statement || !keeps.test(func.name)) return false
  return (python.callSites(func) ?? []).some(
    ({ function: around, expr }) =>
      around !== func && isBehindTraining(python, around?.node.body ?? python.tree.body, expr),
  )
}

const keeps = /save|store|export|persist|dump|checkpoint/i

/** It stands in one of these statements by itself, and those before it train. */
function isBehindTraining(
  python: PythonModule,
  body: Stmt[],
  { start, end }: { start: number; end: number },
): boolean {
  const at = body.findIndex((one) => one.start <= start && end <= one.end)
  return (
    at > 0 &&
    /^(try|expr|assign)$/.test(body[at]!.type) &&
    runsTraining(python, python.effects(body.slice(0, at)))
  )
}

/** A whole training, by a loop of the project or by what a library has for it. */
function runsTraining(python: PythonModule, { trains, calls }: Effects): boolean {
  if (trains || trainsByEpochs(calls) || [...calls].some((name) => trainerRuns.test(name))) return true
  // Of an agent whose kind is chosen from a table.
  return calls.has('.learn') && usesAny(python, ['stable_baselines3.', 'sb3_contrib.'])
}

/** `loss = model(batch)`, and `continue` where that fails. */
function leavesStep({ body }: Try, handler: Handler): boolean {
  return (
    handler.body.at(-1)?.type === 'continue' &&
    body.some(
      (one) =>
        one.type === 'assign' &&
        one.value?.type === 'call' &&
        one.targets.some((to) => /loss/i.test(lastName(to) ?? '')),
    )
  )
}

/** Calls of trainers of libraries that run a whole training. */
export const trainerRuns =
  /^(transformers\.(Seq2Seq)?Trainer\.train|trl\.\w+Trainer\.train|lightning\.pytorch\.Trainer\.fit|keras\.(Model|Sequential)\.(fit|train_on_batch)|ultralytics\.(YOLO\w*|RTDETR)\.train|composer\.Trainer\.fit|(stable_baselines3|sb3_contrib)\.(\w+\.)*\w+\.learn|sentence_transformers\.(\w+\.)*(SentenceTransformerTrainer\.train|(SentenceTransformer|CrossEncoder)\.fit)|setfit\.\w*Trainer\.train|paddle\.Model\.fit)$/

/** Estimators, which train in one call. */
const fits = /^(sklearn|xgboost|lightgbm|catboost)\.(\w+\.)*(fit|fit_predict|train)$/

/** A function that only trains may be called for each of many. */
function runOf(statement: Try, func: Func | null): Pick<Swallowed, 'place' | 'loop'> | null {
  if (func === null) return { place: 'run', loop: null }
  // What follows the training in the function may find out by itself.
  const last = func.node.body.at(-1)
  if (last === undefined || last.end > statement.end) return null
  return { place: 'run', loop: null }
}

/** Where this fails, `main` is over before it has trained, and the program ends as a success. */
function keepsFromTraining(
  python: PythonModule,
  statement: Try,
  handler: Handler,
  func: Func | null,
): boolean {
  if (func === null || handler.body.at(-1)?.type !== 'return' || statement.finally.some(raises)) return false
  const at = func.node.body.indexOf(statement)
  if (at < 0 || !isWholeProgram(python, func)) return false
  const { trains, calls } = python.effects([...statement.body, ...func.node.body.slice(at + 1)])
  return (
    trains || trainsByEpochs(calls) || [...calls].some((name) => trainerRuns.test(name) || fits.test(name))
  )
}

/** What a program is told that does not find its data or its libraries. */
const absence = /^(FileNotFoundError|OSError|IOError|ImportError|ModuleNotFoundError)$/

/** `except FileNotFoundError: print('no data'); return` before the training of `main`. */
function leftBefore(
  python: PythonModule,
  statement: Try,
  handler: Handler,
): Pick<Swallowed, 'place' | 'loop'> | null {
  const func = functionAt(python, statement)
  return keepsFromTraining(python, statement, handler, func) ? { place: 'run', loop: null } : null
}

/** It is called where the program starts, which does not ask what it returns. */
function isWholeProgram(python: PythonModule, func: Func): boolean {
  const sites = python.callSites(func) ?? []
  return (
    sites.length > 0 &&
    sites.every(
      ({ function: around, expr }) =>
        around === null && python.statements.some((one) => one.type === 'expr' && one.value === expr),
    )
  )
}

function calledInTraining(analysis: PythonModule, func: Func): boolean {
  return analysis.calls.some(
    (call) =>
      call.loops.some((loop) => loop.role === 'train') && analysis.functionOf(call.expr.callee) === func,
  )
}

function functionAt(python: PythonModule, span: { start: number; end: number }): Func | null {
  let found: Func | null = null
  for (const func of python.functions)
    if (func.node.start <= span.start && span.end <= func.node.end) found = func
  return found
}
