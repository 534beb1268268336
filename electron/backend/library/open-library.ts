/** The library's doors. Everything else in this folder is its own business. */
export { openFollowers } from './followers/open-followers.ts';
export { openLibraryReader } from './reader.ts';
export { openLibraryWriter } from './writer.ts';
