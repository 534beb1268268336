import { openLibraryWriter } from '../../library/open-library.ts';
import { libraryThatKills, pipelineOptions } from './pipeline.testing.ts';
import { createPipeline } from './pipeline.ts';
import { priceAt } from './repricing.testing.ts';

// The process that repricing.test.ts has killed: prices the library again, and is gone - as by SIGKILL from outside - while it writes the run
// of this number, in the middle of a transaction.
const [directory = '', killAt = '1'] = process.argv.slice(2);
const library = openLibraryWriter({ directory });
createPipeline({
  ...pipelineOptions(libraryThatKills(library, Number(killAt)), {}),
  price: priceAt(2),
  prices: 'dearer',
});
