/** Networks with published weights: what makes them, and what a project builds around one. */
import { model as known } from '../../catalog/models.js'
import type { PublishedNetwork } from '../../python/networks/published.js'

/** Canonical names of what makes a network with published weights. */
export const publishedNetwork =
  /^((transformers|diffusers)\.(\w+\.)*(?!\w*(Tokenizer|Processor|Config|Extractor|Scheduler)\w*\.)\w+\.from_pretrained|sentence_transformers\.SentenceTransformer|timm\.create_model|torch\.hub\.load|clip\.load|open_clip\.create_model\w*|torchvision\.models\.(\w+\.)*[a-z]\w*|whisper\.load_model)$/

/** Weights beside a published network, as a share of its own, up to which the whole is as large as it: a head. */
const smallPart = 1 / 4

/** A network that takes hardly more work than the published one that it is built around, which is trained and which the catalogue knows. */
export function isMostly(around: PublishedNetwork | null | undefined): around is PublishedNetwork {
  return isMadeOf(around) && around.copies === 1 && !around.frozen
}

/** The same of several copies, or where some of its weights are frozen. */
export function isMadeOf(around: PublishedNetwork | null | undefined): around is PublishedNetwork {
  if (around == null) return false
  const parameters = known(around.name)?.parameters
  return parameters !== undefined && around.beside <= smallPart * parameters
}
