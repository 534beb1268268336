import { isBuilt } from '../../.config/build.ts';

/** `npm run retake`: what is built, as long as no source has changed since (0.7 s of a processor for a start), else the sources (1.9 s). */
if (isBuilt('backend')) await import(new URL('../../dist/backend/retake.js', import.meta.url).href);
else await import('./retake.ts');
