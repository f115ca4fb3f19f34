/** Stable-Baselines3: `PPO('MlpPolicy', env).learn(total_timesteps=…)`. Source: Stable-Baselines3 2.4, and its sb3-contrib. */
import type { Change, Refusal } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Experience } from '../../text/experience.js'
import { lookUp } from '../../text/records.js'
import { knownArgument, numberArgument, passedExpression, textArgument } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import { writeArgument } from '../../values/write-argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import type { Claim } from '../../workload/claim.js'
import { passedCallbacks } from '../callback-list.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { codeText } from '../pytorch/evidence.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { algorithm, learningAgents, makerOf } from './agents.js'
import { environmentsOf } from './environments.js'
import { checkpointsOf, savesOf } from './saves.js'

/** DQN learns from every fourth step by itself, the others from each. */
const kinds: Record<string, Experience['learns']> = {
  PPO: 'on policy',
  A2C: 'on policy',
  TRPO: 'on policy',
  MaskablePPO: 'on policy',
  RecurrentPPO: 'on policy',
  DQN: 'off policy, now and then',
  QRDQN: 'off policy, now and then',
  SAC: 'off policy',
  TD3: 'off policy',
  DDPG: 'off policy',
  TQC: 'off policy',
  CrossQ: 'off policy',
}

/** Environments that come with Gymnasium; how fast any other is nobody knows. */
const known =
  /^(ALE\/\w+-v\d|\w+(NoFrameskip|Deterministic)-v\d|(Ant|HalfCheetah|Hopper|Walker2d|Humanoid|HumanoidStandup|Swimmer|Reacher|Pusher|InvertedPendulum|InvertedDoublePendulum)-v\d|(CartPole|Pendulum|Acrobot|MountainCar|MountainCarContinuous|LunarLander|LunarLanderContinuous|BipedalWalker|BipedalWalkerHardcore|CarRacing|FrozenLake|Taxi|CliffWalking|Blackjack)-v\d)$/

export const stableBaselinesReader = defineReader({
  name: 'stable-baselines',
  title: 'Stable-Baselines3',
  languages: ['python'],
  triggers: ['stable_baselines3', 'sb3_contrib'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    // Said once: a program mostly places all of its agents alike.
    const placed = learningAgents(python).find((one) => one.small && isPlaced(python, one.made))
    for (const call of python.calls) {
      const made = makerOf(python, call)
      if (made === null) continue
      const name = algorithm.exec(made.name!)![3]!
      const place = calleePlace(call)
      const fit = claims.subject('Fit', place, call.function?.qualified ?? '', python.evidence)
      const found = experienceOf(python, call, made, lookUp(kinds, name)!)
      if (typeof found === 'string') fit.unknown('experience', 'total_timesteps', found, place)
      else fit.known('experience', 'total_timesteps', found, place)
      if (made === placed?.made)
        fit.known('needlesslyPlaced', 'device', 'a few dense layers (`MlpPolicy`)', calleePlace(made), {
          site: callSite(made, { kind: 'argument', name: 'device' }),
        })
      readTraining(python, call, made, claims)
    }
  },
  change: changeAgent,
})

/** Algorithms whose updates are on a few rows, or that act far longer than they learn. */
const light = /\.(PPO|A2C|TRPO|MaskablePPO|DQN|QRDQN)$/

/** `device='cuda'`, also where there is none to fall back from. */
function isPlaced(python: PythonModule, made: Call): boolean {
  if (!light.test(made.name ?? '')) return false
  const given = passedExpression(python.argument(made, 'device'))
  if (given === null) return false
  const { start, end } = python.definition(given)
  return /['"]cuda(:\d+)?['"]/.test(python.code.slice(start, end))
}

function changeAgent(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the call is no longer in the file' }
  if (claim.setting !== 'needlesslyPlaced' || value !== null) return byHand(claim)
  const given = passedExpression(python.argument(call, 'device'))
  if (
    given?.type === 'name' &&
    (python.code.match(new RegExp(`(?<![\\w.])${given.id}\\b(?!\\s*=)`, 'g')) ?? []).length > 1
  )
    return { reason: `${given.id} is used elsewhere as well: make it 'cpu' where it is set` }
  const write = writeArgument(facts, call, 'device', python.argument(call, 'device'), "'cpu'")
  return changeOf("Compute on the processor: device='cpu'", [write])
}

/** So many steps of an environment take hours: with pictures an agent learns from some hundred in a second, with numbers from a few thousand. */
const longRun = { pictures: 1e6, numbers: 5e6 }

/** The training that a long run is. */
function readTraining(python: PythonModule, learn: Call, made: Call, claims: ClaimBuilder): void {
  const place = calleePlace(learn)
  const agent = learningAgents(python).find((one) => one.place.start === place.start)
  const policy = policyOf(python, python.argument(made, 'policy', 0))
  const steps = numberArgument(python.argument(learn, 'total_timesteps', 0))
  if (agent === undefined || policy === null || python.evidence.role === 'test') return
  const isLong = steps !== null && steps >= longRun[/Cnn/.test(policy) ? 'pictures' : 'numbers']
  const environment = environmentOf(python, python.argument(made, 'env', 1), true)
  const reward =
    environment === null
      ? undefined
      : (lookUp(solved, environment) ?? lookUp(solved, environment.replace(/-v\d+$/, '')))
  if (steps === null || (!isLong && reward === undefined)) return
  const training = claims.subject('Training', place, learn.function?.qualified ?? '', {
    ...python.evidence,
    role: 'training',
    accelerator: agent.onProcessor ? 'cpu' : 'maybe',
  })
  training.known('maxSteps', 'total_timesteps', steps, place)
  training.known('openEnded', 'learn', 'reinforcement learning', place)
  training.known('boundBy', 'learn', 'an environment', place)
  if (agent.small) training.known('lightNetwork', 'MlpPolicy', 'a few dense layers (`MlpPolicy`)', place)
  if (reward !== undefined) {
    training.known('solvedAt', 'total_timesteps', { environment: environment!, reward }, place)
    const ends = endsOnReward(python, learn)
    if (ends === null) training.unknown('earlyStopping', 'callback', 'what ends it cannot be read', place)
    else if (ends) training.known('earlyStopping', 'callback', true, place)
    else training.default('earlyStopping', 'callback', false, place)
  }
  if (!isLong) return
  const saves = savesOf(python, learn)
  if (saves === null) training.unknown('saves', 'callback', 'what saves beside it cannot be read', place)
  else training.known('saves', 'callback', saves, place)
  claimKept(python, learn, made, steps, training)
}

/** Each of its files has the number of steps in its name. */
function claimKept(
  python: PythonModule,
  learn: Call,
  made: Call,
  steps: number,
  training: SubjectBuilder<'Training'>,
): void {
  const kept = checkpointsOf(python, learn)
  if (kept === null) return
  const place = calleePlace(kept.call)
  training.known('keptCheckpoints', 'CheckpointCallback', null, place)
  const buffer = knownArgument(python.argument(kept.call, 'save_replay_buffer')) === true
  training.known('checkpointHolds', 'save_replay_buffer', buffer ? 'training state' : 'weights', place)
  // It counts the steps of each of several environments.
  const copies = environmentsOf(python, python.argument(made, 'env', 1))
  if (copies === null)
    training.unknown('checkpointCount', 'save_freq', 'how many environments there are', place)
  else training.known('checkpointCount', 'save_freq', Math.floor(steps / (kept.every * copies)), place)
}

/** Mean rewards at which the tasks count as solved, and that runs of days are not made for. Source: Gymnasium 1.0, registry of environments. */
const solved: Record<string, number> = {
  CartPole: 475,
  // Its episodes end after 200 steps.
  'CartPole-v0': 195,
  Acrobot: -100,
  MountainCar: -110,
  MountainCarContinuous: 90,
  LunarLander: 200,
  LunarLanderContinuous: 200,
  BipedalWalker: 300,
}

/** Null: a callback or a loop around it may end it. */
function endsOnReward(python: PythonModule, learn: Call): boolean | null {
  if (learn.loops.some(({ hasBreak }) => hasBreak)) return null
  const callbacks = passedCallbacks(python, python.argument(learn, 'callback', 1))
  if (callbacks === null) return null
  if (codeText(python).includes('StopTrainingOn')) return true
  const foreign = callbacks.items.some(
    (one) => !/^stable_baselines3\.common\.callbacks\./.test(python.callOf(one)?.name ?? ''),
  )
  return foreign ? null : false
}

function experienceOf(
  python: PythonModule,
  learn: Call,
  made: Call,
  learns: Experience['learns'],
): Experience | string {
  const steps = numberArgument(python.argument(learn, 'total_timesteps', 0))
  if (steps === null || steps < 1) return '`total_timesteps` cannot be read'
  if (learn.loops.length > 0) return 'how often it learns cannot be read'
  const environment = environmentOf(python, python.argument(made, 'env', 1))
  if (environment === null) return 'which environment it learns in cannot be read'
  if (!known.test(environment)) return `how fast ${environment} is`
  const policy = policyOf(python, python.argument(made, 'policy', 0))
  if (policy === null) return 'which policy it learns cannot be read'
  const sees = /Cnn/.test(policy) ? 'pictures' : 'numbers'
  return { steps, learns, sees }
}

/** `'CnnPolicy'`, or a class of the library. */
function policyOf(python: PythonModule, given: ArgumentValue): string | null {
  const expr = passedExpression(given)
  const name = expr === null ? null : python.nameOf(expr)
  return textArgument(given) ?? (/^(stable_baselines3|sb3_contrib)\./.test(name ?? '') ? name : null)
}

/** The name that an environment is made by, through vectors and wrappers of it. `asIs`: not where the project wraps it, for rewards of its own. */
function environmentOf(python: PythonModule, given: ArgumentValue, asIs = false): string | null {
  const text = knownArgument(given)
  if (typeof text === 'string') return text
  const expr = passedExpression(given)
  let call = expr === null ? null : python.callOf(expr)
  for (let depth = 0; call !== null && depth < 6; depth++) {
    const first = call.expr.args[0]?.value
    if (first === undefined) return null
    if (/^(make|make_vec|make_vec_env|make_atari_env)$/.test(call.method)) {
      const name = python.argument(call, /^make(_vec)?$/.test(call.method) ? 'id' : 'env_id', 0)
      return textArgument(name)
    }
    // `VecFrameStack(env, 4)`, `Monitor(env)`, `DummyVecEnv([make])`.
    if (asIs && !/^(gym|gymnasium|stable_baselines3)\./.test(call.name ?? '')) return null
    call = python.callOf(first)
  }
  return null
}
