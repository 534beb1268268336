/** The library's doors. Everything else in this folder is its own business. */
export { openLibraryReader } from './reader.ts';
export { openSearchIndex } from './search/search.ts';
export { openLibraryWriter } from './writer.ts';
