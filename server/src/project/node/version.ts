import { readFileSync } from 'node:fs'

/** Put in by the build. */
declare const COSTLINT_VERSION: string | undefined
declare const COSTLINT_ENGINE: string | undefined

function fromPackage(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export const version: string = typeof COSTLINT_VERSION === 'string' ? COSTLINT_VERSION : fromPackage()

/** Changes with the code of the engine, the grammars and the libraries: answers that one engine kept are no other's. */
export const engine: string = typeof COSTLINT_ENGINE === 'string' ? COSTLINT_ENGINE : 'source'
