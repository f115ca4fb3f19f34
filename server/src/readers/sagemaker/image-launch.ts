/**
 * Jobs whose image brings its own program: the service runs `docker run IMAGE train`, so an entry point gets `train` as
 * its argument, and hyperparameters arrive in a file. Source: SageMaker developer guide, "How Amazon SageMaker AI runs
 * your training image".
 */
import type { Launch, LaunchValue } from '../../workload/claim.js'

export interface OwnImage {
  job: string
  /** Null: the job is not judged. */
  hasCompute: boolean
  /** The image, or the code that makes its name. */
  written: string
  /** It is the name, not code. */
  known: boolean
  hyperparameters: boolean
  environment: Record<string, LaunchValue>
  nodes: number | null
}

/** Null: an image that the service offers. */
export function ownImageLaunch(image: OwnImage): Omit<Launch, 'reader' | 'location'> | null {
  const { job, hasCompute, written, known, hyperparameters, environment, nodes } = image
  if (/retrieve|get_image_uri|image_uris|training_image_for/.test(written)) return null
  return {
    id: `${job}:image`,
    job: hasCompute ? job : null,
    launcher: 'image',
    program: { path: null, module: null, bases: [] },
    image: { name: known ? written : nameIn(written), arguments: 'given', words: ['train'] },
    flags: {},
    positionals: [],
    complete: !hyperparameters,
    environment,
    launcherFlags: {},
    processes: null,
    nodes,
    files: [],
  }
}

/** What of the name stands in an f-string: `$X/train:latest`. */
function nameIn(code: string): string {
  const text = /^f(["'])(.*)\1$/s.exec(code)?.[2]
  return text === undefined ? '$IMAGE' : text.replace(/\{[^{}]*\}/g, '$X')
}
