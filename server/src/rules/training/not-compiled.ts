import { effective } from '../../values/value.js'
import { machineOf } from '../hardware.js'
import { defineRule } from '../rule.js'
import { notTraining, unless } from '../silence.js'
import { onGpuJob, reinforcement } from './operation.js'

export default defineRule({
  name: 'training/not-compiled',
  judges: 'Training',
  checklist: ['baseline/training-time', 'model/mixed-precision'],
  severity: 'hint',
  finds: 'long runs on recent GPUs that do not use the compiler',
  summary: 'A compiled model often trains faster on recent GPUs; it is worth a try on long runs.',
  oncePerProject: true,
  check(view, { report, silent, options }) {
    const { compiled, compileHindered } = view.settings
    if (compiled === undefined || effective(compiled) !== false)
      return silent(unless(view, 'compiled', 'the model is compiled'))
    const untrained = notTraining(view)
    if (untrained !== undefined) return silent(untrained)
    const { small } = view.subject.evidence
    if (small !== null) return silent(`the run is small: ${small}`)
    if (reinforcement(view)) return silent('its steps wait for an environment, not for the accelerator')
    const hindered = effective(compileHindered)
    if (hindered !== undefined) return silent(`compiling is hindered by ${hindered}`)
    // Only a machine that is known to be worth it, on a job or by the user's word.
    const { gpu } = machineOf(view, options)
    if (gpu === null) return silent('the GPU that it runs on is not known')
    if (gpu.vendor !== 'nvidia' || !gpu.formats.has('bf16')) return silent(`${gpu.name} gains little from it`)
    if (!onGpuJob(view) && options.defaultHardware === null)
      return silent('no job that asks for GPUs runs it')
    report({
      at: compiled,
      message: `\`${compiled.key}\` is not used. On ${gpu.name} a compiled model often trains 10 to 30 % faster; try it for one epoch.`,
      confidence: 'low',
      saving: {
        fraction: [0, 0.3],
        usd: null,
        basis:
          'the authors of PyTorch measured 43 % on average over 163 models on A100, some models get slower',
      },
      fixes: [{ set: [{ claim: compiled, value: true }] }],
    })
  },
})
