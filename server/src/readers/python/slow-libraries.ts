/**
 * Libraries that take long for one sample: a family of modules each, of which everything counts but what is named beside it.
 * Canonical names.
 */
const families: readonly [RegExp, RegExp | null][] = [
  // Boards that are set up and asked for their moves in Python.
  [/^(chess|shogi)\.(Board|pgn|variant)\b/, null],
  // Molecules, crystals, structures and sequences.
  [/^rdkit\.Chem\./, /\.(AllChem|Draw|MolToSmiles|rdchem)\b/],
  [/^(openbabel|pymatgen|prody|mdtraj|MDAnalysis|deepchem|molfeat|selfies|Bio\.(PDB|SeqIO|AlignIO))\./, null],
  // Signals of bodies and machines.
  [
    /^(mne|wfdb|neurokit2|biosppy|heartpy|pyedflib|antropy|nolds|tsfresh|pyts|noisereduce|resampy|madmom|essentia|pedalboard|pyloudnorm)\./,
    /\.(set_log_level|set_config)$/,
  ],
  [
    /^scipy\.signal\.(find_peaks|welch|periodogram|csd|coherence|hilbert2?|lfilter|sosfilt|savgol_filter|medfilt2?d?|wiener|fftconvolve|oaconvolve|convolve2d|correlate2d)$/,
    null,
  ],
  [/^scipy\.ndimage\./, /\.(label|center_of_mass|find_objects|sum|mean|maximum|minimum)$/],
  [/^scipy\.(interpolate|optimize)\./, null],
  [/^scipy\.spatial\./, /\.(transform|distance\.(euclidean|cosine|cityblock))\b/],
  [/^pywt\./, /\.(Wavelet|wavelist|dwt_max_level)$/],
  // Pictures and what is cut out of them.
  [
    /^skimage\.(filters|morphology|measure|segmentation|restoration|feature|exposure|registration|graph)\./,
    /\.(rescale_intensity|disk|square|ball)$/,
  ],
  [
    /^cv2\.(bilateralFilter|medianBlur|Canny|connectedComponents\w*|distanceTransform|dft|grabCut|watershed|HoughCircles|HoughLines\w*|matchTemplate|SIFT_create|ORB_create|seamlessClone|stylization|detailEnhance|pyrMeanShiftFiltering|createCLAHE)$/,
    null,
  ],
  // Meshes and clouds of points.
  [/^(trimesh|open3d|pyvista|pymeshlab|pyntcloud)\./, /\.(PointCloud|Vector\w+)$/],
  // Graphs in Python.
  [/^networkx\./, /\.(Graph|DiGraph|MultiGraph)$|^networkx\.(set_|get_)/],
  // Words of languages that do not part them.
  [/^(konlpy|MeCab|fugashi|sudachipy|janome|pymorphy[23]|pyvi|underthesea|kiwipiepy|pythainlp)\./, null],
]

export function takesLong(name: string): boolean {
  return families.some(([modules, but]) => modules.test(name) && but?.test(name) !== true)
}
