/** All that a lint says of a project, with lines that people count by: what documents about the whole of it are made of. */
import type { Finding } from '../finding.js'
import { isTest } from '../judging/judge.js'
import type { Judgement } from '../linking/runs.js'
import type { RunRecord } from '../measured/record.js'
import { rules } from '../rules/index.js'
import type { Rule } from '../rules/rule.js'
import type { SourceFile } from '../text/source-file.js'
import type { CostEntry } from './cost-entry.js'
import { LineNumbers } from './line-numbers.js'

export interface PlacedFinding {
  finding: Finding
  /** Relative to the root. */
  path: string
  /** 1-based; in a notebook of its cell. */
  line: number
}

export interface Survey {
  findings: PlacedFinding[]
  costs: CostEntry[]
  /** Resource kinds of which the project has something, tests left out. */
  kinds: string[]
  rules: readonly Pick<Rule, 'name' | 'checklist' | 'judges'>[]
  /** What was measured of runs. */
  measured: readonly RunRecord[]
}

export interface SurveyInput {
  findings: readonly Finding[]
  costs: CostEntry[]
  judgements: readonly Judgement[]
  measured: readonly RunRecord[]
}

export async function survey(
  { findings, costs, judgements, measured }: SurveyInput,
  sourceOf: (path: string) => Promise<SourceFile | undefined>,
): Promise<Survey> {
  const lines = new LineNumbers(sourceOf)
  const placed: PlacedFinding[] = []
  for (const finding of findings) {
    const { path, line } = await lines.place(finding.location)
    placed.push({ finding, path, line })
  }
  const subjects = judgements.map(({ runs }) => runs[0]!.subject).filter((subject) => !isTest(subject))
  return { findings: placed, costs, kinds: [...new Set(subjects.map(({ kind }) => kind))], rules, measured }
}
