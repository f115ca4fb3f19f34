/** Checkpoints in a folder that SageMaker sends away only when a job has ended by itself. */
import type { PythonModule } from '../../python/module.js'
import type { Launch } from '../../text/launch.js'
import type { Span } from '../../text/location.js'

const result = /\bSM_(MODEL_DIR|OUTPUT_DATA_DIR|OUTPUT_DIR)\b|\/opt\/ml\/(model|output)\b/
/** What is sent away while the job runs, or brought away by the program itself. */
const kept =
  /\/opt\/ml\/checkpoints|s3:\/\/|\b(boto3|s3fs|fsspec|smdistributed|upload_file|S3Uploader)\b|["']--[\w-]*(ckpt|checkpoint)[\w-]*(dir|path|folder)["']/i

/**
 * Where a program names a folder of results, and none that outlives an interruption; null otherwise. `checkpoint_s3_uri` alone saves
 * nothing of it.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html
 */
export function resultFolder(
  python: PythonModule,
  launch: Launch | null,
): { name: string; place: Span } | null {
  const found = result.exec(python.code)
  if (found === null || kept.test(python.code)) return null
  const given = launch === null ? [] : [launch.flags, launch.environment].flatMap((one) => Object.values(one))
  if (given.some(({ value }) => typeof value === 'string' && kept.test(value))) return null
  return { name: found[0], place: { start: found.index, end: found.index + found[0].length } }
}
