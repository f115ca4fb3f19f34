/** Gradient checkpointing that code switches on by a call, rather than by an argument of what trains. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { once } from '../../text/once.js'
import { knownArgument, mayBePassed } from '../../values/argument.js'
import type { Keyed } from '../../values/operations.js'
import { originOf, unreadable } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { Value } from '../../values/value.js'
import { writeArgument } from '../../values/write-argument.js'
import { changeOf } from '../change-answer.js'
import { type Spot, switchAround } from '../pytorch/lowering.js'
import type { FragmentFacts } from '../reader.js'

const key = 'gradient_checkpointing_enable'

/** What a training has, where it has `otherwise` without such a call. */
export function checkpointingBy(
  python: PythonModule,
  { locator, place, site }: Spot,
  otherwise: Value<boolean>,
): Keyed<boolean> {
  const unknown = {
    key,
    value: unreadable(locator.origin(place, { site }), 'the code of the model'),
  }
  const calls = switchingCalls(python)
  if (calls === null) return unknown
  const [first] = calls
  if (first === undefined) return { key, value: otherwise }
  const always = calls.find((call) => python.reach(call.expr.start).state === 'always')
  const call = always ?? first
  const origin = locator.origin(calleePlace(call), {
    site: callSite(
      call,
      calls.length === 1 && isPreparation(call)
        ? { kind: 'argument', name: preparationSwitch }
        : { kind: 'refused', reason: `leave ${call.method}() out` },
    ),
  })
  if (always !== undefined) return { key: call.method, value: { ...origin, state: 'known', value: true } }
  const switched = calls.length > 1 ? null : switchAround(python, call.expr.start)
  if (switched === null || (otherwise.state !== 'known' && otherwise.state !== 'default')) return unknown
  return {
    key: call.method,
    value: {
      ...originOf(origin),
      state: 'choice',
      options: [
        {
          value: { ...origin, state: 'known', value: true },
          when: switched.on.join(' or '),
          byDefault: switched.byDefault === true,
        },
        { value: otherwise, when: switched.off.join(' and '), byDefault: switched.byDefault === false },
      ],
    },
  }
}

/** By default it switches checkpointing on, whatever the arguments of the Trainer say. */
const preparationSwitch = 'use_gradient_checkpointing'

function isPreparation(call: Call): boolean {
  return /(^|\.)prepare_model_for_kbit_training$/.test(call.name ?? '')
}

/** What has to be done so that no call switches it on; null: none does. */
export function leftOffBy(python: PythonModule): string | null {
  const calls = switchingCalls(python)
  if (calls === null) return 'switch it off in its code'
  const [first] = calls
  if (first === undefined) return null
  return isPreparation(first)
    ? `set ${preparationSwitch}=False where it is prepared`
    : `leave ${first.method}() out`
}

/** `prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)` */
export function leaveUnchecked(facts: FragmentFacts, call: Call): Change | Refusal {
  const { python } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const given = python.argument(call, preparationSwitch, 1)
  return changeOf(`Set ${preparationSwitch}=False`, [
    writeArgument(facts, call, preparationSwitch, given, 'False'),
  ])
}

/** Null: something else may switch it on. */
function switchingCalls(python: PythonModule): Call[] | null {
  return once(python, 'calls that switch checkpointing on', () => {
    const enabling = python.calls.filter(({ method }) => method === key)
    const prepared = python.calls.filter(isPreparation)
    const given = prepared.map((call) => python.argument(call, preparationSwitch, 1))
    if (given.some((one) => mayBePassed(one) && typeof knownArgument(one) !== 'boolean')) return null
    const calls = [...enabling, ...prepared.filter((_, index) => knownArgument(given[index]!) !== false)]
    if (calls.length > 0) return calls
    return python.uses('torch.utils.checkpoint.') || python.code.includes('gradient_checkpointing = True')
      ? null
      : []
  })
}
