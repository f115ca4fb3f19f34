/** Why a setting is not known where another subject of the run may say it. */
export const batchElsewhere = 'the loader of another module'
