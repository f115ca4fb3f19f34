import { corpus } from './test/fuzz/corpus.js'
import { filesAfter } from './test/fuzz/edits.js'
const c = corpus(process.cwd()); for (const [p,t] of filesAfter(JSON.parse(process.argv[2]!), c)) console.log('=== ' + p + '\n'+t)
