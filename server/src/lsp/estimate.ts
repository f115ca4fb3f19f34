/** Answers what a run would need and cost that no file describes. */
import { answer } from '../estimate/answer.js'
import { answerFigures } from '../estimate/answer-figures.js'
import { type Question, readQuestion } from '../estimate/question.js'

/** Request: `Question` → figures with what was assumed, or what is wrong with the question. */
export const estimateRequest = 'costlint/estimate'

export function estimateOf(question: Question): object {
  const read = readQuestion(question)
  if (!('option' in read)) {
    const found = answer(read, new Date().toISOString())
    return { ...answerFigures(found), assumptions: found.assumptions }
  }
  const { option, text, words } = read
  const such = words === null ? '' : `; such are ${words.join(', ')}`
  return { error: `${option}: "${text}" is not understood${such}` }
}
