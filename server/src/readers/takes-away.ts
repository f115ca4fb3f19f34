/** Whether a program sends what it writes elsewhere, so that it outlives the disk of its machine. */
import { usesMatch } from '../python/library-uses.js'
import type { PythonModule } from '../python/module.js'
import type { Launch } from '../text/launch.js'
import { once } from '../text/once.js'

/** Folders that outlive a machine, and addresses of storage. */
const elsewhere =
  /\bdrive\.mount\(|\/content\/(g?drive|MyDrive)|\b(gs|s3|abfss?|dbfs|hdfs):\/\/|\/(gcs|dbfs)\/|\bAIP_\w+|\brclone\b|\bgsutil\b|\/opt\/ml\//
/** What sends files away. */
const sending =
  /push_to_hub|\.upload_(file|folder|blob|from_filename|directory|large_folder)|wandb\.(save|log_artifact|Artifact)|mlflow\.(\w+\.)?log_(model|artifact)|CreateFile\(/
/** The same as the names of calls, also in modules around it. */
const sends =
  /(^|\.)(push_to_hub|upload_(file|folder|blob|from_filename|directory)|log_(model|artifacts?|asset)|put_object|autolog)$|^(boto3|s3fs|gcsfs|google\.cloud\.storage|azure\.storage|azure\.ai|clearml|neptune)\b/

/** Its session ends with the disk: cells may hold commands of a shell as well. */
export function cellsTakeAway({ text }: PythonModule): boolean {
  return elsewhere.test(text) || sending.test(text)
}

/** Folders that images do not hold: somebody mounts them, be it a part of the platform that is not seen. */
const mounted =
  /^\/(data|datasets?|mnt|mounts?|scratch|shared|nfs|efs|fsx|lustre|gpfs|storage|pvc|vol(ume)?s?|persistent)\/(?=\w)/
const results =
  /(^|[/_-])(models?|ckpts?|checkpoints?|out|outputs?|runs?|results?|artifacts?|backups?|weights|snapshots?|saved?)([/_.-]|$)/i

const foldersIn = (code: string): string[] =>
  [...code.matchAll(/["'](\/[a-z]+\/[\w./{}-]+)["']/g)].map(([, path]) => path!)

/** What it takes its data from is there as well: `/data/clicks` and `/data/models`. Where inputs come from, results stay. */
function writesBesideInputs(paths: readonly string[]): boolean {
  const inputs = new Set<string>()
  const outputs = new Set<string>()
  for (const path of paths) {
    const root = mounted.exec(path)?.[0]
    if (root !== undefined) (results.test(path.slice(root.length)) ? outputs : inputs).add(root)
  }
  return [...outputs].some((root) => inputs.has(root))
}

/** `folder`: it names a place that stays, be it that a launch gives it. `upload`: it, or a module around it, sends files away. */
export function takesAway(python: PythonModule, launch: Launch | null): 'folder' | 'upload' | null {
  const given = launch === null ? [] : [launch.flags, launch.environment].flatMap((one) => Object.values(one))
  const words = given.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
  if (words.some((word) => elsewhere.test(word))) return 'folder'
  if (writesBesideInputs([...once(python.tree, 'shared folders', () => foldersIn(python.code)), ...words]))
    return 'folder'
  return once(python, 'takes files away', () => {
    if (once(python.tree, 'names a place elsewhere', () => elsewhere.test(python.code))) return 'folder'
    const around = [...python.imported, ...python.importers, ...python.programs]
    const uploads =
      once(python.tree, 'sends files', () => sending.test(python.code)) ||
      python.calls.some(({ name, method }) => sends.test(name ?? `.${method}`)) ||
      around.some((module) => usesMatch(module, sends))
    return uploads ? 'upload' : null
  })
}
