/** How the Kubeflow SDK spells a change of a step. */
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { removeMethods } from '../pipelines/remove-method.js'
import { changeVolatile } from '../pipelines/volatile-change.js'
import type { FragmentFacts } from '../reader.js'
import { isBefore } from '../versions.js'
import { readPipelines, type Task } from './tasks.js'

const gone: Refusal = { reason: 'the step is no longer there' }

export function changeStep(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return changeVolatile(claim, facts)
  const { python, path, fragment } = facts
  if (python === undefined) return gone
  const { site } = claim
  const range = { fragment: fragment.index, start: site.start, end: site.end }
  const done = (title: string, ...writes: (Write | Refusal)[]): Change | Refusal => changeOf(title, writes)
  if (claim.setting === 'cached' && value === true) {
    if (site.target?.kind === 'statement') {
      const statement = python.statementAt(site.start)
      if (statement === null || statement.start !== site.start) return gone
      return done(`Remove ${claim.key}: caching is on by default`, {
        kind: 'remove statement',
        path,
        statement: range,
      })
    }
    const call = claimedCall(python, site)
    if (call === null) return gone
    if (site.target?.kind === 'call')
      return done(
        'Remove set_caching_options(False): caching is on by default',
        ...removeMethods(facts, python, [call]),
      )
    const given = python.argument(call, 'enable_caching')
    if (call.expr.args.some((one) => one.name === 'enable_caching')) {
      const removed = done('Remove enable_caching=False: caching is on by default', {
        kind: 'remove keyword',
        path,
        call: range,
        name: 'enable_caching',
      })
      // The text of a query stays the same while its table grows.
      const queries = /query|sql\b/i.test(python.text.slice(call.expr.start, call.expr.end))
      return 'title' in removed && queries
        ? {
            ...removed,
            title: `${removed.title}, if its query always reads the same rows`,
            safety: 'display',
          }
        : removed
    }
    return done('Set enable_caching=True', writeArgument(facts, call, 'enable_caching', given, 'True'))
  }
  if (claim.setting === 'retries' && typeof value === 'number') {
    const call = claimedCall(python, site)
    if (call === null) return gone
    const given = python.argument(call, 'num_retries', 0)
    return done(`Set num_retries=${value}`, writeArgument(facts, call, 'num_retries', given, String(value)))
  }
  if (claim.setting === 'gpus' && value === 0) {
    const call = claimedCall(python, site)
    if (call === null) return gone
    const [task, ...others] = tasksSetBy(python, call)
    if (others.length > 0) return shared
    const kind = task?.settings.get('set_accelerator_type') ?? []
    const selected = (task?.settings.get('add_node_selector_constraint') ?? []).filter((one) =>
      /accelerator|gpu|NVIDIA/i.test(python.code.slice(one.expr.callee.end, one.expr.end)),
    )
    return done('Ask for no GPU', ...removeMethods(facts, python, [call, ...kind, ...selected]))
  }
  if (claim.setting === 'gpus' && typeof value === 'number') {
    const call = claimedCall(python, site)
    if (call === null) return gone
    if (tasksSetBy(python, call).length > 1) return shared
    const name = call.method === 'set_gpu_limit' ? 'gpu' : 'limit'
    const title = `Ask for ${value} GPU${value === 1 ? '' : 's'}`
    return done(title, writeArgument(facts, call, name, python.argument(call, name, 0), String(value)))
  }
  if (claim.setting === 'timeLimit' && typeof value === 'number') {
    const call = claimedCall(python, site)
    if (call === null) return gone
    if (claim.channel !== 'library default') {
      const argument = call.expr.args.at(-1)
      if (argument === undefined) return gone
      return done(`Set ${claim.key}(${value})`, {
        kind: 'replace',
        path,
        range: { fragment: fragment.index, start: argument.value.start, end: argument.value.end },
        text: String(value),
      })
    }
    return limitTime(facts, python, call, value)
  }
  return byHand(claim)
}

const shared: Refusal = { reason: 'the same line asks for the GPUs of other steps: leave this one out there' }

/** Several where a loop goes through them. */
function tasksSetBy(python: PythonModule, call: Call): Task[] {
  return readPipelines(python).tasks.filter((one) => one.settings.get(call.method)?.includes(call))
}

/** Attributes and arguments of tasks that version 2 does not have. */
function isFirstVersion(python: PythonModule): boolean {
  return (
    python.calls.some(
      ({ method, expr }) => method === 'add_node_selector_constraint' && expr.args.length > 1,
    ) || python.code.includes('.caching_strategy.max_cache_staleness')
  )
}

/** Version 1 sets it on the task, version 2 through the extension for Kubernetes. */
function limitTime(
  facts: FragmentFacts,
  python: PythonModule,
  call: Call,
  seconds: number,
): Change | Refusal {
  const { path, fragment } = facts
  const range = (start: number, end: number) => ({ fragment: fragment.index, start, end })
  const first = python.usesHere(
    'kfp.dsl.ContainerOp',
    'kfp.components.func_to_container_op',
    'kfp.components.create_component_from_func',
  )
  if (!first && isBefore(facts.versions, ['kfp'], '2'))
    return { reason: 'the compiler of version 2 in kfp 1 has no limit for a task' }
  if (first || isFirstVersion(python)) {
    const end = call.expr.end
    return {
      title: `Set a limit of ${seconds} s (set_timeout)`,
      safety: 'unsafe',
      writes: [{ kind: 'replace', path, range: range(end, end), text: `.set_timeout(${seconds})` }],
      imports: [],
    }
  }
  if (call.assignedTo === null) return { reason: 'the task has no name to set a limit on' }
  const { start, end } = call.statement
  // The extension is a package of its own: `kfp[kubernetes]`.
  const installed =
    python.uses('kfp.kubernetes.', 'kfp.kubernetes') || lookUp(facts.versions, 'kfp-kubernetes') !== undefined
  return {
    title: `Set a limit of ${seconds} s (kubernetes.set_timeout${installed ? '' : ', of the package kfp-kubernetes'})`,
    safety: installed ? 'unsafe' : 'display',
    writes: [
      {
        kind: 'insert lines',
        path,
        where: 'after',
        statement: range(start, end),
        lines: [`kubernetes.set_timeout(${call.assignedTo}, ${seconds})`],
      },
    ],
    imports: [{ path, fragment: fragment.index, module: 'kfp', name: 'kubernetes' }],
  }
}
