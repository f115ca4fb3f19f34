/** What VS Code has from 1.95 on, beyond the types of the oldest version that is supported. */
declare module 'vscode' {
  export class LanguageModelTextPart {
    value: string
    constructor(value: string)
  }

  export class LanguageModelToolResult {
    content: unknown[]
    constructor(content: LanguageModelTextPart[])
  }

  export interface LanguageModelToolInvocationOptions<T> {
    readonly input: T
  }

  export interface LanguageModelTool<T> {
    invoke(
      options: LanguageModelToolInvocationOptions<T>,
      token: CancellationToken,
    ): ProviderResult<LanguageModelToolResult>
  }

  export namespace lm {
    /** Undefined in versions before 1.95. */
    export const tools: readonly { readonly name: string }[]
    export function invokeTool(
      name: string,
      options: { input: object; toolInvocationToken: undefined },
      token: CancellationToken,
    ): Thenable<LanguageModelToolResult>
    export const registerTool: (<T>(name: string, tool: LanguageModelTool<T>) => Disposable) | undefined
  }
}

export {}
