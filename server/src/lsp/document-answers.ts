/** What is asked about a document: its findings explained and fixed, what stands beside its code, what can be written in it. */
import {
  type CancellationToken,
  type CodeAction,
  type CodeActionParams,
  type CodeLens,
  type CodeLensParams,
  type CompletionItem,
  type CompletionParams,
  ErrorCodes,
  type Hover,
  type HoverParams,
  type InlayHint,
  type InlayHintParams,
  LSPErrorCodes,
  ResponseError,
  type TextDocumentPositionParams,
} from 'vscode-languageserver'
import type { ClientFeatures } from './client-features.js'
import {
  type ActionData,
  editOf,
  isActionData,
  listActions,
  type Sketch,
  sketchOf,
  type Target,
} from './code-actions.js'
import type { OpenDocuments } from './documents.js'
import type { RulePages } from './explain.js'
import { hoverAt } from './hover.js'
import { codeLenses, inlayHints } from './money.js'
import { isConfigurationFile, ruleCompletions } from './rule-completion.js'
import type { Sessions } from './sessions.js'
import { canonical } from './uri.js'
import { whyText } from './why.js'

export function cancelled(): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestCancelled, 'Called off')
}

export class DocumentAnswers {
  constructor(
    private readonly documents: OpenDocuments,
    private readonly sessions: Sessions,
    /** Before that the settings are not known. */
    private readonly ready: Promise<void>,
    private readonly features: () => ClientFeatures,
    private readonly pages: () => Promise<RulePages>,
  ) {}

  async target(uri: string): Promise<(Target & { cell: boolean }) | undefined> {
    const found = this.documents.find(uri)
    if (found === undefined) return undefined
    await this.ready
    const { session, path } = this.sessions.of(found.entry.uri, found.entry.languageId)
    const outcome = await session.outcome()
    const snapshot = outcome.snapshots.get(path)
    const text = snapshot?.cells?.find((cell) => cell.uri === uri)?.text ?? snapshot?.text
    return text && { session, path, outcome, text, cell: found.cell }
  }

  async codeActions(params: CodeActionParams, token: CancellationToken): Promise<CodeAction[]> {
    if (!this.features().codeActionLiterals) return []
    const target = await this.target(params.textDocument.uri)
    if (token.isCancellationRequested) throw cancelled()
    // Held back until it is saved: its findings are those of an older text.
    if (target === undefined || this.isBehind(target)) return []
    return listActions(target, params, this.features())
  }

  private isBehind(target: Target): boolean {
    return this.documents.text(target.text.uri)?.version !== target.text.version
  }

  async resolveAction(action: CodeAction, token: CancellationToken): Promise<CodeAction> {
    const data: unknown = action.data
    if (data === undefined || action.edit !== undefined) return action
    if (!isActionData(data))
      throw new ResponseError(ErrorCodes.InvalidParams, 'The server has listed no such action.')
    const target = await this.target(data.uri)
    if (token.isCancellationRequested) throw cancelled()
    if (target === undefined || this.isBehind(target)) {
      throw new ResponseError(
        LSPErrorCodes.ContentModified,
        'The document has changed since the action was listed.',
      )
    }
    action.edit = await editOf(data, target, this.features())
    return action
  }

  async sketch(data: ActionData): Promise<Sketch | null> {
    const target = await this.target(data.uri)
    return target === undefined ? null : sketchOf(data, target, this.features())
  }

  async completions({ textDocument, position }: CompletionParams): Promise<CompletionItem[]> {
    const text = this.documents.text(textDocument.uri)
    if (text === undefined || !isConfigurationFile(canonical(text.uri))) return []
    return ruleCompletions(text, position, Object.keys(await this.pages()).sort())
  }

  async hover(params: HoverParams, token: CancellationToken): Promise<Hover | null> {
    const target = await this.target(params.textDocument.uri)
    if (token.isCancellationRequested) throw cancelled()
    if (target === undefined) return null
    return hoverAt(target, params.position, this.features())
  }

  async why({ textDocument, position }: TextDocumentPositionParams): Promise<{ markdown: string } | null> {
    const target = await this.target(textDocument.uri)
    if (target === undefined) return null
    const { session, path, outcome, text } = target
    const cells = outcome.snapshots.get(path)?.cells
    const cell = cells?.findIndex(({ uri }) => uri === text.uri) ?? -1
    const line = position.line + 1
    const explanation = await session.why({ path, line, ...(cell < 0 ? {} : { cell }) })
    return explanation === undefined ? null : { markdown: whyText(explanation, { path, line }) }
  }

  async codeLenses(params: CodeLensParams, token: CancellationToken): Promise<CodeLens[]> {
    const target = await this.target(params.textDocument.uri)
    if (token.isCancellationRequested) throw cancelled()
    return target === undefined || this.isBehind(target)
      ? []
      : codeLenses(target, this.features().commandLinks)
  }

  async inlayHints(params: InlayHintParams, token: CancellationToken): Promise<InlayHint[]> {
    const target = await this.target(params.textDocument.uri)
    if (token.isCancellationRequested) throw cancelled()
    if (target === undefined || this.isBehind(target)) return []
    return inlayHints(target, params.range, this.features().markdownHover)
  }
}
