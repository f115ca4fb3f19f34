/** Programs that their author runs on Windows, where loaders with worker processes need more care. */
import type { PythonModule } from '../python/module.js'
import { codeMatches } from './pytorch/evidence.js'

/** A path with a drive, or the call that frozen programs of Windows need. */
export function onWindows(python: PythonModule): boolean {
  return codeMatches(python, /['"]r?[A-Za-z]:[\\/]|freeze_support\s*\(/)
}
