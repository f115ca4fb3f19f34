/**
 * Steps of Azure Machine Learning pipelines from Python. Source: azureml-pipeline-steps 1.57 (`allow_reuse=True`);
 * azure-ai-ml 1.22, dsl/_pipeline_decorator.py (`force_rerun`), entities/_component (`is_deterministic=True`).
 */

import type { Change, Refusal } from '../../edit/write.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { passedExpression, passedPlace, textArgument } from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { foldedValue } from '../../values/folded-value.js'
import { convert, orDefault } from '../../values/operations.js'
import { asBoolean } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { scopeOf } from '../job-in-code.js'
import {
  changeDecorator,
  DecoratorSource,
  decoratedFunctions,
  namePlace,
} from '../pipelines/decorated-function.js'
import { describeAllSteps, describeStep, stepEvidence, workOfStep } from '../pipelines/describe-step.js'
import { whyUncached } from '../pipelines/why-uncached.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { pipelineNames } from './command-use.js'

const oldStep = /^azureml\.pipeline\.steps\.(\w+\.)?\w+Step$/
const componentNames =
  /^(azure\.ai\.ml\.command|mldesigner\.command_component|azure\.ai\.ml\.dsl\.command_component)$/

const onDecorator = { target: { kind: 'decorator' }, withName: true } as const
const about = (evidence: Evidence) => ({ engine: 'Azure ML', key: 'azure', unit: 'job' as const, evidence })

export const azureStepsReader = defineReader({
  name: 'azure-pipelines',
  languages: ['python'],
  triggers: ['allow_reuse', 'is_deterministic', 'force_rerun'],
  read(facts, _context, claims) {
    const python = facts.python
    if (python === undefined) return
    const evidence = stepEvidence(python)
    for (const call of python.calls) {
      if (call.name === null) continue
      if (oldStep.test(call.name)) readCall(python, claims, call, 'allow_reuse', 'script_name', evidence)
      else if (call.name === 'azure.ai.ml.command')
        readCall(python, claims, call, 'is_deterministic', 'command', evidence)
    }
    for (const decorated of decoratedFunctions(python, componentNames)) {
      const { func, call, decorator } = decorated
      if (call === null) continue
      const place = namePlace(func)
      const step = { name: func.name, code: func, place, scope: func.qualified }
      const { subject } = describeStep(claims, python, step, about(evidence))
      const key = 'is_deterministic'
      const source = new DecoratorSource(python, decorated, claims, onDecorator)
      subject.say('cached', key, convert(source.get(key), asBoolean))
      explain(python, subject, { start: decorator.start, end: func.node.nameStart }, func, place)
    }
    readReruns(python, claims, evidence)
  },
  change,
})

function readCall(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  keyword: string,
  script: string,
  evidence: Evidence,
): void {
  const source = new CallSource(python, call, claims, { withName: true })
  const given = source.expression(keyword)
  const folder = script === 'script_name' ? python.argument(call, 'source_directory') : null
  const whole = folder !== null && /^\.\/?$/.test(textArgument(folder) ?? '') ? passedPlace(folder) : null
  if (given === null && whole === null) return
  const file = textArgument(python.argument(call, script))?.replace(/\.\w+$/, '')
  const name = textArgument(python.argument(call, 'name')) ?? call.assignedTo ?? file ?? call.method
  const place = calleePlace(call)
  const scope = scopeOf(call, call.assignedTo ?? name)
  const { subject } = describeStep(claims, python, { name, code: null, place, scope }, about(evidence))
  subject.say('cached', keyword, orDefault(convert(source.get(keyword), asBoolean), true))
  if (whole !== null) {
    const input = 'source_directory'
    subject.known('volatileInput', input, { what: 'the whole project', input, when: 'changed' }, whole)
  }
  const written = call.expr.args.find((one) => one.value === given) ?? given ?? call.expr
  explain(python, subject, { start: written.start, end: written.end }, null, place)
}

function explain(
  python: PythonModule,
  subject: SubjectBuilder<'Step'>,
  span: { start: number; end: number },
  code: Func | null,
  place: Place,
): void {
  const reason = whyUncached(python, span, code)
  if (reason !== null) subject.known('uncachedFor', 'caching', reason.because, place)
}

/** `@pipeline(force_rerun=True)`, `pipeline_job.settings.force_rerun = True`. */
function readReruns(python: PythonModule, claims: ClaimBuilder, evidence: Evidence): void {
  const pipelines = decoratedFunctions(python, pipelineNames)
  for (const decorated of pipelines) {
    const { func, decorator } = decorated
    const source = new DecoratorSource(python, decorated, claims, onDecorator)
    if (passedExpression(source.argument('force_rerun')) === null) continue
    const subject = describeAllSteps(
      claims,
      stepsOf(python, func),
      { place: namePlace(func), scope: func.qualified },
      about(evidence),
    )
    subject.say('cached', 'force_rerun', convert(source.get('force_rerun'), reversed))
    explain(python, subject, { start: decorator.start, end: func.node.nameStart }, null, namePlace(func))
  }
  if (!python.code.includes('.force_rerun') || !usesService(python)) return
  for (const statement of python.statements) {
    const job = rerunJob(statement)
    if (job === null || statement.type !== 'assign' || statement.value === null) continue
    const made = python.callOf(job)
    const func = made === null ? null : python.functionOf(made.expr.callee)
    const own = func !== null && pipelines.some((one) => one.func === func) ? func : null
    const place: Place = { start: statement.start, end: statement.end }
    const subject = describeAllSteps(
      claims,
      own === null ? [] : stepsOf(python, own),
      { place, scope: 'force_rerun' },
      about(evidence),
    )
    const site: Place = { ...place, target: { kind: 'statement' } }
    const value = foldedValue(python.fold(statement.value), place, site, claims)
    subject.say('cached', 'force_rerun', convert(value, reversed))
    explain(python, subject, statement, null, place)
  }
}

const reversed = (value: unknown): boolean | undefined =>
  typeof value === 'boolean' ? !value : value === null ? true : undefined

function usesService(python: PythonModule): boolean {
  for (const name of python.imports) if (/^azure\.ai\.ml(\.|$)|^azure\.ai$/.test(name)) return true
  return false
}

/** The job whose settings a statement changes: `job.settings.force_rerun = …`. */
function rerunJob(statement: Stmt): Expr | null {
  const target = statement.type === 'assign' ? statement.targets[0] : undefined
  if (target?.type !== 'attribute' || target.attr !== 'force_rerun') return null
  const settings = target.value
  return settings.type === 'attribute' && settings.attr === 'settings' ? settings.value : null
}

/** Calls in the body of a pipeline that make steps: of components, which are loaded, imported or decorated. */
function stepsOf(python: PythonModule, pipeline: Func) {
  const components = decoratedFunctions(python, componentNames).map((one) => one.func)
  return pipeline.calls
    .filter(({ expr, name }) => {
      if (expr.callee.type !== 'name' || (name !== null && /^(azure\.|[a-z]+$)/.test(name))) return false
      const own = python.functionOf(expr.callee)
      return own === null || components.includes(own)
    })
    .map((call) => ({
      name: call.method,
      purpose: workOfStep(python, call.method, python.functionOf(call.expr.callee)).purpose,
    }))
}

function change(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  const { site } = claim
  if (claim.setting !== 'cached' || value !== true || python === undefined) return byHand(claim)
  const written = claim.key === 'force_rerun' ? 'True' : 'False'
  const title = `Remove ${claim.key}=${written}: outputs are reused by default`
  if (site.target?.kind === 'decorator') return changeDecorator(facts, site, { [claim.key]: null }, title)
  const range = { fragment: fragment.index, start: site.start, end: site.end }
  if (site.target?.kind === 'statement') {
    if (python.statementAt(site.start)?.start !== site.start) return { reason: 'the statement has changed' }
    return {
      title,
      safety: 'unsafe',
      writes: [{ kind: 'remove statement', path, statement: range }],
      imports: [],
    }
  }
  const call = claimedCall(python, site)
  if (call === null || !call.expr.args.some((one) => one.name === claim.key))
    return { reason: 'the argument is not written in the call' }
  return {
    title,
    safety: 'unsafe',
    writes: [{ kind: 'remove keyword', path, call: range, name: claim.key }],
    imports: [],
  }
}
