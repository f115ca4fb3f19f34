/** When a client may ask what: nothing before `initialize`, which comes once, and nothing after `shutdown` (LSP 3.17, "Lifecycle Messages"). */
import {
  type Connection,
  ErrorCodes,
  Message,
  type MessageStrategy,
  type RequestMessage,
  ResponseError,
} from 'vscode-languageserver'

/** Requests that are refused become this one, which is answered by its error. */
const refused = 'costlint/refused'

export class Lifecycle implements MessageStrategy {
  private state: 'new' | 'running' | 'down' = 'new'

  get isDown(): boolean {
    return this.state === 'down'
  }

  listenOn(connection: Connection): void {
    connection.onRequest(
      refused,
      ({ code, message }: { code: number; message: string }) => new ResponseError(code, message),
    )
  }

  handleMessage(message: Message, next: (message: Message) => void): void {
    if (Message.isNotification(message) && this.state !== 'running' && message.method !== 'exit') return
    if (!Message.isRequest(message)) {
      next(message)
      return
    }
    const error = this.errorOf(message.method)
    if (error === null) {
      if (message.method === 'initialize') this.state = 'running'
      if (message.method === 'shutdown') this.state = 'down'
      next(message)
    } else {
      const request: RequestMessage = { jsonrpc: '2.0', id: message.id, method: refused, params: error }
      next(request)
    }
  }

  private errorOf(method: string): { code: number; message: string } | null {
    if (this.state === 'down')
      return { code: ErrorCodes.InvalidRequest, message: 'The server has been shut down.' }
    if (method === 'initialize')
      return this.state === 'new'
        ? null
        : { code: ErrorCodes.InvalidRequest, message: 'The server has been initialized before.' }
    return this.state === 'new'
      ? { code: ErrorCodes.ServerNotInitialized, message: 'The server has not been initialized.' }
      : null
  }
}
