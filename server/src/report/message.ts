/** A finding as a list of problems shows it. */
import type { Finding } from '../finding.js'
import { splitMessage } from './headline.js'
import { savingPrefix } from './saving-words.js'

/** The saving, a sentence that stands alone in a list, and on a line of its own what follows it. */
export function problemText(finding: Pick<Finding, 'message' | 'saving'>): string {
  const { head, rest } = splitMessage(finding.message)
  return `${savingPrefix(finding)}${head}${rest === '' ? '' : `\n${rest}`}`
}
