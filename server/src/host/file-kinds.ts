/** Which files some reader could read, judged by name alone: nothing else is opened. */
import { languageOf } from '../text/language.js'
import { isVersionFile } from './versions.js'

/** Batch scripts, templates of start scripts, settings and other programs share these extensions; the first line decides when the file is read. */
const undecided = /\.(?:job|sub|submit|condor|htc|jdl|batch|bsub|qsub|tpl|tftpl|cfg|conf|config)$/i

export function isReadableName(name: string): boolean {
  return languageOf(name) !== undefined || undecided.test(name) || isVersionFile(name)
}
