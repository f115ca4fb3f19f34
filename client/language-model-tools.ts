/** What a language model in VS Code may ask CostLint. All of it only reads. */
import * as vscode from 'vscode'
import type { BaseLanguageClient } from 'vscode-languageclient'
import type { ReportData, ReportFinding, ReportMemory } from '../server/src/report/data.js'

/** A model reads no more than this at once. */
const mostFindings = 100

export function registerLanguageModelTools(client: BaseLanguageClient): vscode.Disposable[] {
  const { registerTool } = vscode.lm
  // An older VS Code has none.
  if (registerTool === undefined) return []
  const answering = <T>(name: string, answer: (input: T) => Promise<string>) =>
    registerTool<T>(name, {
      invoke: async ({ input }) =>
        new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(await answer(input))]),
    })
  return [
    answering<{ path?: string }>('costlint_lint', async ({ path }) => {
      const { findings } = await client.sendRequest<ReportData>('costlint/overview')
      return listed(findings.filter((one) => path === undefined || one.path.startsWith(path)))
    }),
    answering<{ rule: string }>('costlint_explain', async ({ rule }) => {
      const page = await client.sendRequest<{ markdown: string } | null>('costlint/explain', { rule })
      return page?.markdown ?? `There is no rule called ${rule}.`
    }),
    answering('costlint_cost', () => client.sendRequest<string>('costlint/report', { format: 'markdown' })),
    answering<EstimateInput>('costlint_estimate', async ({ path, ...question }) => {
      if (question.model !== undefined)
        return JSON.stringify(await client.sendRequest('costlint/estimate', question))
      const { memory } = await client.sendRequest<ReportData>('costlint/overview')
      return estimated(memory.filter((one) => path === undefined || one.path.startsWith(path)))
    }),
    answering<{ path?: string; rule?: string; unsafe?: boolean }>('costlint_preview_fix', async (query) => {
      const diff = await client.sendRequest<string>('costlint/preview', query)
      return diff === '' ? 'Nothing to fix.' : diff
    }),
  ]
}

interface EstimateInput {
  path?: string
  model?: string
}

function estimated(trainings: readonly ReportMemory[]): string {
  if (trainings.length === 0) return 'No training whose memory and accelerator are known.'
  const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
  return trainings
    .map(
      ({ path, line, model, gpu, low, expected, high, usable, verdict }) =>
        `${path}:${line}: ${model ?? 'model not known'} needs ${gib(expected)} GiB (${gib(low)}–${gib(high)}) of ${gib(usable)} GiB of a ${gpu}: ${verdict}`,
    )
    .join('\n')
}

function listed(findings: readonly ReportFinding[]): string {
  if (findings.length === 0) return 'No findings.'
  const lines = findings.slice(0, mostFindings).map(({ path, cell, line, severity, rule, ...one }) => {
    const place = cell === null ? `${path}:${line}` : `${path}:cell ${cell}:${line}`
    const saving = one.saving === null ? '' : ` Saves ${one.saving} (${one.basis ?? ''}).`
    return `${place}: ${severity} [${rule}] ${one.message} ${one.details}`.trim() + saving
  })
  const left = findings.length - lines.length
  return [...lines, ...(left > 0 ? [`${left} more, which save less.`] : [])].join('\n')
}
