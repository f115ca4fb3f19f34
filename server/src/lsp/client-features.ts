/** What the client can do, read once from what it declares. */
import type { ClientCapabilities } from 'vscode-languageserver'

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
  refreshInlayHints: boolean
  refreshCodeLens: boolean
}

export function readFeatures(capabilities: ClientCapabilities): ClientFeatures {
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
    markdownHover: textDocument?.hover?.contentFormat?.includes('markdown') === true,
  }
}
