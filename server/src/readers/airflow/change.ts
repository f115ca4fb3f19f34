/** How Airflow spells a change of a DAG or a task. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call } from '../../python/module.js'
import { fixedArgument } from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { gpusOf } from './tasks.js'

export function changeAirflow(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  if (claim.site.target?.kind === 'decorator') return decorate(claim, value, facts)
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the call is no longer there' }
  const set = (name: string, code: string): Write | Refusal => {
    const given = python.argument(call, name)
    return writeArgument(facts, call, name, given, code)
  }
  const change = (title: string, ...writes: (Write | Refusal)[]): Change | Refusal => {
    const refused = writes.find((one): one is Refusal => 'reason' in one)
    return refused ?? { title, safety: 'unsafe', writes: writes as Write[], imports: [] }
  }
  switch (claim.setting) {
    case 'catchUp':
      return change('Run only from now on: catchup=False', set('catchup', 'False'))
    case 'concurrentRuns':
      return change(`One run at a time: max_active_runs=${value}`, set('max_active_runs', String(value)))
    case 'retries':
      return change(
        value === 0 ? 'Do not retry: retries=0' : `Retry at most once: retries=${value}`,
        // What the DAG gives to all of its tasks stays as it is.
        {
          kind: 'set keyword',
          path: facts.path,
          call: { fragment: claim.site.fragment, start: call.expr.start, end: call.expr.end },
          name: 'retries',
          value: String(value),
        },
      )
    case 'gpus':
      return value === 0 ? noGpus(claim, facts, call) : byHand(claim)
    case 'timeLimit':
      return limit(claim, Number(value), facts, call)
    case 'startsAfterFailure':
      return change('Start only after all upstream tasks have succeeded: remove trigger_rule', {
        kind: 'remove keyword',
        path: facts.path,
        call: { fragment: claim.site.fragment, start: call.expr.start, end: call.expr.end },
        name: 'trigger_rule',
      })
    default:
      return byHand(claim)
  }
}

/** The pod asks for none, and no label keeps it on nodes that have some. */
function noGpus(claim: Claim, facts: FragmentFacts, call: Call): Change | Refusal {
  const python = facts.python!
  const asked = gpusOf(python, { call })
  if (asked === null || asked.at.type !== 'constant') return { reason: 'the number is not written here' }
  const { fragment } = claim.site
  const { start, end, value } = asked.at
  if (Number(value) !== asked.count) return { reason: `${asked.key} names a machine: choose another` }
  const range = { fragment, start, end }
  const writes: Write[] = [
    { kind: 'replace', path: facts.path, range, text: python.text.slice(start, end).replace(/\d+/, '0') },
  ]
  const selector = fixedArgument(python.argument(call, 'node_selector'))
  const pairs = Object.entries(selector != null && typeof selector === 'object' ? selector : {})
  const ofGpus = pairs.filter(([label, named]) => /gpu|accelerator|nvidia/i.test(`${label}=${named}`))
  if (ofGpus.length > 0 && ofGpus.length < pairs.length)
    return { reason: `${ofGpus[0]![0]} still asks for nodes with GPUs: choose others with it` }
  if (ofGpus.length > 0)
    writes.push({
      kind: 'remove keyword',
      path: facts.path,
      call: { fragment, start: call.expr.start, end: call.expr.end },
      name: 'node_selector',
    })
  const also = ofGpus.length > 0 ? ' and remove node_selector' : ''
  return { title: `Request no GPU${also}`, safety: 'unsafe', writes, imports: [] }
}

function limit(claim: Claim, seconds: number, facts: FragmentFacts, call: Call): Change | Refusal {
  if (claim.key !== 'execution_timeout') return { reason: `the limit is ${claim.key}` }
  const { path } = facts
  const { fragment } = claim.site
  const hours = Math.round(seconds / 3600)
  const name = nameFor(facts.python!.tree, 'datetime', 'timedelta', {
    path,
    fragment,
    offset: call.expr.start,
  })
  return {
    title: `End the task after ${hours} hours: execution_timeout=timedelta(hours=${hours})`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'set keyword',
        path,
        call: { fragment, start: call.expr.start, end: call.expr.end },
        name: 'execution_timeout',
        value: `${name.text}(hours=${hours})`,
      },
    ],
    imports: name.import === null ? [] : [name.import],
  }
}

/** A bare `@task` takes its first argument. */
function decorate(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { fragment, start, end } = claim.site
  const text = facts.python!.text.slice(start, end)
  if (claim.setting !== 'retries' || !/^[\w.]+$/.test(text))
    return { reason: 'the decorator is no longer there' }
  return {
    title: `Retry at most ${value} times: retries=${value}`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace',
        path: facts.path,
        range: { fragment, start, end },
        text: `${text}(retries=${value})`,
      },
    ],
    imports: [],
  }
}
