/** Flags of V8, set while it runs. An engine that does not know one would say so on standard error, so only known versions get any. */
import { setFlagsFromString } from 'node:v8'

const version = Number.parseInt(process.versions.v8, 10)

export function setFlags(...flags: string[]): void {
  if (version >= 11 && version <= 13) for (const flag of flags) setFlagsFromString(flag)
}

/** Flags that hold for a part of a run, and what takes each back. */
const passing = {
  // V8 drops the code of functions that have not run for a while: half of all by the end of a check.
  '--no-flush-bytecode': '--flush-bytecode',
  '--heap-growing-percent=70': '--heap-growing-percent=0',
}

export function setForNow(flag: keyof typeof passing): void {
  setFlags(flag)
}

/** V8 takes kept code only if all flags are what they were when it was made. */
export function setAsAtStart(): void {
  setFlags(...Object.values(passing))
}
