/** A notebook of Colab or Kaggle runs on the machine that its metadata names. */
import { bareLaunch } from '../bare-launch.js'
import { evidenceOfJob } from '../job-in-code.js'
import { defineReader } from '../reader.js'
import { cellsTakeAway } from '../takes-away.js'
import { notebookJob, runtimeOf } from './runtime.js'

export const notebookRuntimeReader = defineReader({
  name: 'notebook-runtime',
  leads: ({ metadata }) => runtimeOf(metadata) !== null,
  languages: ['python'],
  triggers: ['"accelerator"'],
  read({ path, fragment, python, metadata }, _context, claims) {
    const runtime = fragment.index === 0 ? runtimeOf(metadata) : null
    if (python === undefined || runtime === null) return
    // Its cells may hold nothing but commands.
    const first = python.tree.body[0] ?? { start: 0, end: 0 }
    const { service, key, written, gpus, gpu, gives, cpus, longest } = runtime
    const job = notebookJob(path)
    const place = { start: first.start, end: first.end }
    const compute = claims.subject('Compute', place, '', evidenceOfJob(python, 'gpu'), job)
    compute.known('provider', service, 'other', place)
    // People work in it, and end it by closing it.
    compute.known('service', service, true, place)
    compute.known('interactive', service, true, place)
    compute.known('choosesCapacity', service, false, place)
    compute.known('nodes', service, 1, place)
    compute.known('gpus', key, gpus, place)
    if (gpu === null) compute.unknown('gpuModel', key, `${service} gives any`, place)
    else compute.known('gpuModel', written, gpu, place)
    if (gives.length > 0) compute.known('gpuChoices', service, gives, place)
    if (service === 'Colab' && !cellsTakeAway(python)) compute.known('losesFiles', service, true, place)
    compute.known('sessionLimit', service, longest, place)
    if (cpus !== null) compute.known('cpus', written, cpus, place)
    const name = path.slice(path.lastIndexOf('/') + 1)
    claims.launch(
      bareLaunch({ id: job, job, launcher: 'python', program: { path: name, module: null, bases: [''] } }),
      place,
    )
  },
})
