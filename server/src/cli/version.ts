export { version } from '../project/node/version.js'
