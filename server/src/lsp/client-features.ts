/** What the client can do, read once from what it declares. */
import type { ClientCapabilities } from 'vscode-languageserver'
import { rulePageLink } from '../linter.js'
import { type Say, sayIn } from './say.js'

/** Shows the page of a rule in clients that have no command of their own for it. */
export const ownExplainCommand = 'costlint.explain'

export interface ClientFeatures {
  /** Asks for the diagnostics of a document itself. */
  pull: boolean
  refresh: boolean
  related: boolean
  codeDescription: boolean
  diagnosticData: boolean
  configuration: boolean
  registerConfiguration: boolean
  folders: boolean
  registerWatchers: boolean
  relativePatterns: boolean
  progress: boolean
  codeActionLiterals: boolean
  resolveEdit: boolean
  disabledActions: boolean
  preferredActions: boolean
  documentChanges: boolean
  markdownHover: boolean
  /** Fixed texts in the language of its user interface. */
  say: Say
  refreshInlayHints: boolean
  refreshCodeLens: boolean
  showDocument: boolean
  /** Lets a person look at edits before they are applied. */
  changeAnnotations: boolean
  createFiles: boolean
  /** Has the commands of our own extension, and follows links to them in hovers. */
  commandLinks: boolean
  /** The command that shows the page of a rule. */
  explainCommand: string
  /** Shows the message of a finding in a hover by itself. */
  messageInHover: boolean
  /** Where the page of a rule is read. */
  rulePage(rule: string): string
}

/** `options`: the initialization options, where a client says what the protocol has no word for. */
export function readFeatures(
  capabilities: ClientCapabilities,
  options: Readonly<Record<string, unknown>> = {},
  locale?: string,
): ClientFeatures {
  const { rulePage, explainCommand } = options
  const { workspace, textDocument, window } = capabilities
  const action = textDocument?.codeAction
  const published = textDocument?.publishDiagnostics
  const pulled = textDocument?.diagnostic
  return {
    pull: pulled !== undefined,
    refresh: workspace?.diagnostics?.refreshSupport === true,
    related: (pulled?.relatedInformation ?? published?.relatedInformation) === true,
    codeDescription: (pulled?.codeDescriptionSupport ?? published?.codeDescriptionSupport) === true,
    diagnosticData: (pulled?.dataSupport ?? published?.dataSupport) === true,
    configuration: workspace?.configuration === true,
    registerConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    folders: workspace?.workspaceFolders === true,
    registerWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    relativePatterns: workspace?.didChangeWatchedFiles?.relativePatternSupport === true,
    progress: window?.workDoneProgress === true,
    codeActionLiterals: action?.codeActionLiteralSupport !== undefined,
    resolveEdit:
      action?.dataSupport === true && (action.resolveSupport?.properties.includes('edit') ?? false),
    disabledActions: action?.disabledSupport === true,
    preferredActions: action?.isPreferredSupport === true,
    documentChanges: workspace?.workspaceEdit?.documentChanges === true,
    refreshInlayHints: workspace?.inlayHint?.refreshSupport === true,
    refreshCodeLens: workspace?.codeLens?.refreshSupport === true,
    changeAnnotations: workspace?.workspaceEdit?.changeAnnotationSupport !== undefined,
    createFiles: workspace?.workspaceEdit?.resourceOperations?.includes('create') === true,
    showDocument: window?.showDocument?.support === true,
    commandLinks: options.commandLinks === true,
    explainCommand: typeof explainCommand === 'string' ? explainCommand : ownExplainCommand,
    messageInHover: options.messageInHover === true,
    rulePage: (rule) =>
      typeof rulePage === 'string' ? rulePage.replace('{rule}', rule) : rulePageLink(rule),
    say: sayIn(locale),
    markdownHover: textDocument?.hover?.contentFormat?.includes('markdown') === true,
  }
}
