/** A job that Python code describes: what tells it from others, and how sure it is that it is one. */
import type { Call, PythonModule } from '../python/module.js'
import type { ClaimBuilder, Place } from '../workload/builder.js'
import type { Evidence } from '../workload/claim.js'

/** The function around a call, and the name that its result is given. */
export function scopeOf(call: Call, name: string | null = call.assignedTo): string {
  return [call.function?.qualified, name].filter(Boolean).join('.')
}

/** The identity of a job or a subject, from the place where it is made: '#sagemaker@:120' behind the path. */
export function idAt(claims: ClaimBuilder, what: string, place: Place): string {
  const { cell, start } = claims.locate(place)
  return `${claims.path}#${what}@${cell ?? ''}:${start}`
}

/** Code that describes a job does not train itself. */
export function jobRole(python: PythonModule): 'test' | 'job' {
  return python.evidence.role === 'test' ? 'test' : 'job'
}

export function evidenceOfJob(python: PythonModule, accelerator: Evidence['accelerator']): Evidence {
  const { small, notebook } = python.evidence
  return { role: jobRole(python), accelerator, small, notebook }
}
