/** Titles of fixes as a menu shows them: what the edit does, how far it can be trusted, and what it ticks off. */
import { checklistItem } from '../checklist/items.js'
import type { Fix } from '../finding.js'
import type { OfferedFix } from '../linter.js'
import type { Say } from './say.js'

const levels: Record<Fix['safety'], string> = {
  safe: 'safe',
  unsafe: 'may change results or cost',
  display: 'sketch to adapt',
}

/** 'Train in bf16 (may change results or cost; checklist: Mixed precision)'. */
export function fixTitle(fix: OfferedFix, say: Say): string {
  const [, plain, id] = /^(.*?)(?: \(([a-z]+\/[a-z-]+)\))?$/s.exec(fix.title)!
  const item = id === undefined ? undefined : checklistItem(id)
  const notes = [
    ...('refused' in fix ? [] : [say(levels[fix.safety])]),
    ...(item === undefined ? [] : [say('checklist: {0}', item.title)]),
  ]
  const title = id !== undefined && item === undefined ? fix.title : plain!
  return notes.length === 0 ? title : `${title} (${notes.join('; ')})`
}
