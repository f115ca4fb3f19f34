/** A notebook of Colab or Kaggle runs on the machine that its metadata names. */
import type { PythonModule } from '../../python/module.js'
import { bareLaunch } from '../bare-launch.js'
import { evidenceOfJob } from '../job-in-code.js'
import { defineReader } from '../reader.js'
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
    if (service === 'Colab' && !keepsElsewhere(python)) compute.known('losesFiles', service, true, place)
    compute.known('sessionLimit', service, longest, place)
    if (cpus !== null) compute.known('cpus', written, cpus, place)
    const name = path.slice(path.lastIndexOf('/') + 1)
    claims.launch(
      bareLaunch({ id: job, job, launcher: 'python', program: { path: name, module: null, bases: [''] } }),
      place,
    )
  },
})

/** Words of what brings files away from the disk of a session, which goes with it. */
const away =
  /\bdrive\.mount\(|\/content\/(g?drive|MyDrive)|push_to_hub|\.upload_(file|folder|blob|from_filename)|wandb\.(save|log_artifact|Artifact)|mlflow\.(\w+\.)?log_(model|artifact)|\b(gs|s3):\/\/|\brclone\b|\bgsutil\b|CreateFile\(/

function keepsElsewhere(python: PythonModule): boolean {
  return away.test(python.text)
}
