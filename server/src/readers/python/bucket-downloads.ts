/** Data that a program copies from a bucket to the disk of its machine. */
import type { Call, PythonModule } from '../../python/module.js'
import { usesAny } from '../pytorch/library-uses.js'

/** boto3 1.40, google-cloud-storage 3, azure-storage-blob 12, s3fs and gcsfs 2025: what brings a file, or a folder, to the disk. */
const downloads =
  /(^|\.)(download_file|download_fileobj|download_to_filename|download_to_file|download_many_to_path|get_file|download_bucket_with_transfer_manager)$/
const stores = ['boto3.', 'google.cloud.storage.', 'minio.', 'azure.storage.', 's3fs.', 'gcsfs.']
const store = /^(boto3|google\.cloud\.storage|minio|azure\.storage|s3fs|gcsfs)\b/

/** Seconds: settings, labels, and what a training goes on from. */
const brief =
  /check_?point|ckpt|resum|config|secret|credential|vocab|metadata|\.(json|ya?ml|txt|toml|ini|md|py)\b/i

/** The call as a message has it; null: it brings nothing, or what is there in a moment. */
export function bucketDownload(python: PythonModule, call: Call): string | null {
  const text = python.text.slice(call.expr.start, Math.min(call.expr.end, call.expr.start + 400))
  if (brief.test(text) || brief.test(call.function?.name ?? '')) return null
  if (isOfStore(python, call)) return `.${call.method}()`
  // A function of another module of the project, which does not look first at what is there.
  if (call.expr.callee.type !== 'name' || python.functionOf(call.expr.callee) !== null) return null
  const calls = [...python.effects(call.expr).calls]
  const fetches = calls.some((name) => downloads.test(name)) && calls.some((name) => store.test(name))
  return fetches && !calls.some((name) => looks.test(name)) ? `${call.method}()` : null
}

/** A method of a client, and not of a class of the project or of another library. */
function isOfStore(python: PythonModule, { name, method, expr }: Call): boolean {
  if (!downloads.test(`.${method}`) || python.functionOf(expr.callee) !== null) return false
  return name === null ? usesAny(python, stores) : store.test(name)
}

const looks = /(^|\.)(exists|lexists|isfile|isdir|is_file|is_dir|listdir|glob|stat|getsize)$/
