/** The JSON schema of `costlint.toml`, from the shape that its reader follows. */
import { schemaOf } from '../server/src/host/configuration-fields.js'
import { definitionsOf, shapeOf } from '../server/src/host/configuration-shape.js'
import { vocabulary } from '../server/src/host/settings-stage.js'

export function configurationSchema(): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://github.com/costlint/costlint/raw/main/schemas/costlint.schema.json',
    title: 'CostLint',
    description: 'costlint.toml, and [tool.costlint] of pyproject.toml',
    ...schemaOf(shapeOf(vocabulary)),
    definitions: definitionsOf(vocabulary),
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
