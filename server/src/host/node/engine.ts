/** Put in by the build. */
declare const COSTLINT_ENGINE: string | undefined

/** Changes with the code of the engine, the grammars and the libraries: answers that one engine kept are no other's. */
export const engine: string = typeof COSTLINT_ENGINE === 'string' ? COSTLINT_ENGINE : 'source'
