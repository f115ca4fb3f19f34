/** Which TensorFlow a program runs with, as far as the project tells. */
import type { PythonModule } from '../../python/module.js'
import { lookUp } from '../../text/records.js'

export interface TensorflowVersion {
  /** True for versions before the one asked for, false from it on; null: not known. */
  before(major: number, minor: number): boolean | null
}

const distributions = [
  'tensorflow',
  'tensorflow-gpu',
  'tensorflow-cpu',
  'tensorflow-macos',
  'tensorflow-intel',
  'intel-tensorflow',
]

/** Names that ended with TensorFlow 1. */
const firstVersion = [
  'tensorflow.Session',
  'tensorflow.placeholder',
  'tensorflow.contrib.',
  'tensorflow.app.run',
  'tensorflow.global_variables_initializer',
  'tensorflow.enable_eager_execution',
  'tensorflow.parse_single_example',
  'tensorflow.parse_example',
  'tensorflow.read_file',
  'tensorflow.FixedLenFeature',
  'tensorflow.image.resize_images',
]

export function tensorflowVersion(python: PythonModule, versions: Record<string, string>): TensorflowVersion {
  const first = python.usesHere(...firstVersion)
  const name = distributions.find((one) => lookUp(versions, one) !== undefined)
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(name === undefined ? '' : lookUp(versions, name)!) ?? []
  // Which of its releases, the names do not tell.
  if (major === undefined || (first && major !== '1'))
    return { before: (wanted) => (first && wanted >= 2 ? true : null) }
  const exact = lookUp(versions, `${name}==`) !== undefined
  const is = [Number(major), Number(minor)] as const
  return {
    before(wantedMajor, wantedMinor) {
      // `tensorflow>=1.11` of a program that no later one runs.
      if (first && wantedMajor >= 2) return true
      const older = is[0] < wantedMajor || (is[0] === wantedMajor && is[1] < wantedMinor)
      // A lower limit says nothing about what lies above it.
      return older ? (exact ? true : null) : false
    },
  }
}
