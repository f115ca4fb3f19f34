/**
 * RLlib: `for i in range(1000): algorithm.train()` is a training that saves nothing by itself. Source: Ray 2.40,
 * rllib/algorithms/algorithm.py and algorithm_config.py.
 */
import type { Call, PythonModule } from '../../python/module.js'
import { numberArgument, textArgument } from '../../values/argument.js'
import { calleePlace } from '../../values/places.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { defineReader } from '../reader.js'

const algorithm =
  /^ray\.rllib\.(agents|algorithms)\.(\w+\.)+((PPO|APPO|DQN|SAC|IMPALA|A2C|A3C|DDPG|TD3|ES|ARS|CQL|MARWIL|DreamerV3)(Trainer)?)$/

/** Steps of the environment in one call of `train` of PPO where nothing is said. */
const stepsByDefault = 4000
const collects = /\bPPO(Config|Trainer)?\b/
/** Their batches come from a buffer, and an iteration of an asynchronous one lasts as long as it likes. */
const others = /\b(DQN|SAC|DDPG|TD3|CQL|MARWIL|IMPALA|APPO|DreamerV3)(Config|Trainer)?\b/i
/** So many steps take hours: pictures come a few hundred in a second, numbers a few thousand. */
const longRun = { pictures: 1e6, numbers: 5e6 }

export const rllibReader = defineReader({
  name: 'rllib',
  title: 'RLlib',
  languages: ['python'],
  triggers: ['rllib'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const call of python.calls) if (isIteration(python, call)) readLoop(python, call, claims)
  },
  change: (claim) => byHand(claim),
})

/** `algo.train()` in a loop, of what a configuration has built. */
function isIteration(python: PythonModule, { method, loops, expr }: Call): boolean {
  if (method !== 'train' || loops.length === 0 || expr.callee.type !== 'attribute') return false
  const made = python.callOf(expr.callee.value)
  if (made === null) return false
  return (
    algorithm.test(made.name ?? '') ||
    (/^build(_algo)?$/.test(made.method) && python.uses('ray.rllib.', 'ray.rllib'))
  )
}

function readLoop(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const [loop] = call.loops
  const iterations = effective(loop!.trips)
  const size = batchOf(python)
  // What ends it early has its reasons.
  if (typeof iterations !== 'number' || size === null || loop!.hasBreak) return
  const steps = iterations * size
  const pictures = python.calls.some(
    (one) =>
      /^(environment|make)$/.test(one.method) &&
      /^ALE\/|NoFrameskip/.test(textArgument(python.argument(one, 'env', 0)) ?? ''),
  )
  if (steps < longRun[pictures ? 'pictures' : 'numbers']) return
  const place = calleePlace(call)
  const evidence = { ...python.evidence, role: 'training', accelerator: 'maybe' } as const
  const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
  training.known('maxSteps', 'train', steps, place)
  training.known('openEnded', 'train', 'reinforcement learning', place)
  training.known('boundBy', 'train', 'an environment', place)
  const saves = python.calls.filter((one) => /^(save\w*|export\w*|checkpoint\w*)$/.test(one.method))
  if (saves.some(({ loops }) => loops.length > 0)) training.known('saves', 'save', 'while it runs', place)
  else if (saves.length > 0) training.known('saves', 'save', 'at the end', place)
  else training.known('saves', 'save', 'never', place)
}

/** Steps of the environment in each iteration; null: not known. */
function batchOf(python: PythonModule): number | null {
  if (others.test(python.code)) return null
  for (const call of python.calls) {
    if (call.method !== 'training') continue
    for (const key of ['train_batch_size', 'train_batch_size_per_learner']) {
      const given = python.argument(call, key)
      if (given.state !== 'absent') return numberArgument(given)
    }
  }
  return collects.test(python.code) ? stepsByDefault : null
}
