/** Steps that run code of the file that defines them, as launches of that file. */
import type { Func, PythonModule } from '../../python/module.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { bareLaunch } from '../bare-launch.js'
import type { Decorated } from './decorated-function.js'
import { workOfCode } from './step-work.js'

/** Decorators and their arguments that start several processes for a step: `@torchrun`, `task_config=Elastic(nproc=4)`. */
const spreads =
  /torchrun|torch_distributed|deepspeed|horovod|parallel|accelerate|\bray|\bmpi|task_config|num_replicas/i

/**
 * What the file trains runs on the machine of the one step that trains. Where several do, nobody knows which of them a
 * training belongs to. Where none does, a model that the file runs is on the one step that has accelerators (`alone`).
 */
export function claimStepLaunch(
  claims: ClaimBuilder,
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  step: Decorated,
  steps: readonly Decorated[],
  alone = false,
): void {
  const { decorators } = step.func.node
  if (decorators.some(({ start, end }) => spreads.test(python.code.slice(start, end)))) return
  const functions = steps.map(({ func }) => func)
  claimCodeLaunch(claims, python, compute, step.func, functions, alone)
}

/** The same of a function that a step runs. `functions`: of all steps; `shown`: the step, where its code is in another module. */
export function claimCodeLaunch(
  claims: ClaimBuilder,
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  code: Func,
  functions: readonly Func[],
  alone = false,
  shown: Place | null = null,
): void {
  const { job } = compute.subject
  const training = [...new Set(functions)].filter((func) =>
    workOfCode(python, func).some(({ work }) => work === 'train'),
  )
  const own = training.length === 0 ? alone : training.length === 1 && training[0] === code
  if (job === null || !own) return
  const { nameStart } = code.node
  const { path } = python
  const foreign = path !== claims.path
  const name = foreign ? path : path.slice(path.lastIndexOf('/') + 1)
  claims.launch(
    {
      ...bareLaunch({
        id: `${job}:code`,
        job,
        launcher: 'python',
        program: { path: name, module: null, bases: [''] },
      }),
      // Parameters of the flow may be given anything.
      complete: false,
    },
    foreign && shown !== null ? shown : { start: nameStart, end: nameStart + code.name.length },
  )
}
