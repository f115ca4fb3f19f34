/** All texts and projects that grow. */
import { code } from './growing-code.js'
import { launches } from './growing-launches.js'
import { links } from './growing-links.js'
import { layered, type ProjectShape } from './growing-projects.js'
import { shapes as texts } from './growing-texts.js'
import type { Shape } from './shape.js'

export const shapes: Record<string, Shape> = { ...texts, ...code, ...launches }

export const projects: Record<string, ProjectShape> = { ...layered, ...links }
