/** The language server on Node: standard streams for any editor, inter-process messages for VS Code. */
import { readFile } from 'node:fs/promises'
import { type Connection, createConnection, ProposedFeatures } from 'vscode-languageserver/node'
