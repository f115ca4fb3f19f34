/** Evaluations of an agent beside its learning that take longer than the learning between them. Source: Stable-Baselines3 2.4, EvalCallback. */
import type { Call, PythonModule } from '../../python/module.js'
import { mayBePassed, numberArgument } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { byHand } from '../change-answer.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { learningAgents } from './agents.js'
import { environmentsOf } from './environments.js'

/** Steps that an episode has at least, of most environments. */
const shortEpisode = 50

export const agentEvaluationsReader = defineReader({
  name: 'stable-baselines-evaluations',
  title: 'Stable-Baselines3',
  languages: ['python'],
  triggers: ['EvalCallback'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test' || learningAgents(python).length === 0) return
    for (const call of python.calls) {
      if (!/^stable_baselines3\.(\w+\.)*EvalCallback$/.test(call.name ?? '')) continue
      const frequency = numberOr(python, call, 'eval_freq', 4, 10_000)
      const copies = mostEnvironments(python)
      // It counts the steps of each of several environments.
      const every = frequency === null || copies === null ? null : frequency * copies
      const episodes = numberOr(python, call, 'n_eval_episodes', 3, 5)
      if (every === null || episodes === null || episodes * shortEpisode < every) continue
      const place = calleePlace(call)
      const operation = claimOperation(claims, {
        kind: 'evaluate',
        place: 'step',
        key: 'eval_freq',
        at: place,
        site: callSite(call),
        scope: call.function?.qualified ?? '',
        evidence: { ...python.evidence, role: 'training', accelerator: 'maybe' },
        apart: 'agent evaluation',
      })
      operation.known('every', 'eval_freq', every, place)
      operation.known('subject', 'n_eval_episodes', `${episodes} episodes`, place)
    }
  },
  change: (claim) => byHand(claim),
})

/** Of the agents of the program; null: that cannot be read. */
function mostEnvironments(python: PythonModule): number | null {
  const counts = learningAgents(python).map(({ made }) =>
    environmentsOf(python, python.argument(made, 'env', 1)),
  )
  return counts.some((count) => count === null) ? null : Math.max(...counts.map((count) => count!))
}

function numberOr(
  python: PythonModule,
  call: Call,
  key: string,
  position: number,
  otherwise: number,
): number | null {
  const given = python.argument(call, key, position)
  return mayBePassed(given) ? numberArgument(given) : otherwise
}
