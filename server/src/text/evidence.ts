/** How sure it is that a subject is what it seems, and that it matters. */
export interface Evidence {
  /** What the file is for. Only `training` and `tuning` scripts, and job files, get advice about training. */
  role: 'training' | 'tuning' | 'inference' | 'data' | 'library' | 'test' | 'job'
  /** `maybe`: used when present (`cuda if available`, a trainer that picks its device). */
  accelerator: 'gpu' | 'maybe' | 'cpu' | 'tpu' | 'mps' | 'none'
  /** It computes on the processor unless an option or a caller asks for another device. */
  processorByDefault?: true
  /** Why the run is small ('MNIST', '2 layers'); null when nothing says so. Lowers severity one step. */
  small: string | null
  /** It is the network that is small: what it is trained on may be large. Lowers what concerns its arithmetic to information at most. */
  smallNetwork?: true
  /** A network whose training takes long whatever it is trained on: 'ViT-L_16', 'images of 224 pixels'. */
  large?: string
  /** What it learns from or trains is wide by nature, as words of its code tell: 'images', 'UNet'. Rows of a table are not. */
  wide?: string
  /** Its framework trains published networks, of tens of millions of weights and more. */
  published?: true
  /** A command line says it of a program that the project may hold: then what the program itself says counts. */
  unlessHeld?: true
  /** What the text of the file is written for and mostly has no units for bf16: 'p3.2xlarge', 'V100', '/kaggle/input'. */
  withoutBf16?: string
  /** Why what it wastes is worth a hint at most: 'it ends after 6 steps'. */
  negligible?: string
  /** It is so for one run on one device: a small network on small data. Many devices or trials make hours of it. */
  negligibleOnce?: true
  /** A pool that no job of the project runs on, though they name the pools that they run on. */
  unused?: true
  /** Nothing in the project calls what it stands in: 'nothing calls setup'. Lowers severity one step, and what is no training to a hint. */
  uncalled?: string
  notebook: boolean
}

/** Says why a run is small. A small network on small data is done in minutes. */
export function noteSmall(evidence: Evidence, reason: string | null): void {
  if (reason === null) return
  if (evidence.small === null) evidence.small = reason
  else if (evidence.smallNetwork) noteSmallOnSmall(evidence, `${reason}, and ${evidence.small}`)
}

/** The same of a network. */
export function noteSmallNetwork(evidence: Evidence, network: string | null): void {
  if (network === null) return
  if (evidence.small !== null) noteSmallOnSmall(evidence, `${network}, and ${evidence.small}`)
  else {
    evidence.small = network
    evidence.smallNetwork = true
  }
}

function noteSmallOnSmall(evidence: Evidence, both: string): void {
  if (evidence.negligible !== undefined) return
  evidence.negligible = both
  evidence.negligibleOnce = true
}
