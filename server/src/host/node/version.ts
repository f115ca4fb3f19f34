import { readFileSync } from 'node:fs'

/** Put in by the build. */
declare const COSTLINT_VERSION: string | undefined

function fromPackage(): string {
  const text = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export const version: string = typeof COSTLINT_VERSION === 'string' ? COSTLINT_VERSION : fromPackage()
