import { instance, smallestSingleGpu } from '../../catalog/instances.js'
import { sameLocation } from '../../text/location.js'
import { effective } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { acceleratorsOf, withoutAccelerators } from '../lifecycle/job-words.js'
import { defineRule } from '../rule.js'
import { unless } from '../silence.js'

/** Accelerators of which even one is dear to write code on. */
const large = /^(A100|H100|H200|B200|B300|GB200|GH200|MI300)/

export default defineRule({
  name: 'compute/multi-gpu-notebook',
  judges: 'Compute',
  checklist: ['rightsize/separate-environments', 'rightsize/match-instance'],
  overlaps: 'machine',
  severity: 'warning',
  finds: 'workstations with several GPUs',
  summary: 'A workstation with several GPUs waits for keystrokes most of the day.',
  check(view, { report, silent }) {
    const { interactive, gpus, gpuModel, instanceType, provider } = view.settings
    if (effective(interactive) !== true)
      return silent(unless(view, 'interactive', 'it is a job, not a workstation'))
    const type = effective(instanceType)
    // The machine of a hosted notebook is taken away when its session ends.
    if (instanceType === undefined && view.subject.evidence.notebook)
      return silent('the machine of a hosted notebook ends with its session')
    const count = effective(gpus)
    const model = effective(gpuModel)
    if (gpus === undefined || count === undefined || count < 1) return silent(withoutAccelerators(view))
    if (count < 2 && (model === undefined || !large.test(model)))
      return silent(`it has one small GPU${model === undefined ? '' : ` (${model})`}`)
    // Batch work that goes through a workstation says so in its name.
    const name = effective(view.settings.name)
    if (name !== undefined && /train|batch/i.test(name)) return silent(`"${name}" is named for batch work`)
    const from = effective(provider)
    const smaller =
      from === 'aws' || from === 'azure' || from === 'gcp' ? smallestSingleGpu(from, 16) : undefined
    report({
      at: instanceType ?? gpus,
      // Whether one large GPU is needed only its memory tells.
      ...(count < 2 ? { severity: 'information' as const, confidence: 'low' as const } : {}),
      message: `A workstation on ${type === undefined ? acceleratorsOf(view) : `${type} (${acceleratorsOf(view)})`}: develop on one small GPU, and send the large runs to jobs that end.`,
      saving: {
        fraction: [0.5, 0.9],
        usd: null,
        basis: 'assumes that a workstation computes a fifth of the time that it is up',
      },
      fixes:
        instanceType === undefined
          ? count > 1 && (model === undefined || !large.test(model))
            ? [{ set: [{ claim: gpus, value: 1 }] }]
            : []
          : smaller === undefined
            ? []
            : [
                {
                  set: [
                    { claim: instanceType, value: smaller.type },
                    // Asked for apart from a machine that has them.
                    ...(machineHasThem(type, gpus, instanceType) ? [{ claim: gpus, value: 1 }] : []),
                    ...(gpuModel !== undefined &&
                    smaller.gpu !== null &&
                    machineHasThem(type, gpuModel, instanceType)
                      ? [{ claim: gpuModel, value: smaller.gpu.name }]
                      : []),
                  ],
                },
              ],
    })
  },
})

/** `asked`: how many, or which. */
function machineHasThem(type: string | undefined, asked: Claim, instanceType: Claim): boolean {
  return instance(type ?? '')?.gpu != null && !sameLocation(asked.location, instanceType.location)
}
