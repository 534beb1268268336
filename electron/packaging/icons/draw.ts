import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright';
import { findBrowser } from '../../cli/find-browser.ts';

/** `node electron/packaging/icons/draw.ts`, after a change of icon.svg: the sizes that the systems ask for. */
const sizes = [16, 32, 48, 64, 128, 256, 512, 1024];

const svg = await readFile(new URL('icon.svg', import.meta.url), 'utf8');
const executablePath = findBrowser();
const browser = await chromium.launch({
  ...(executablePath === undefined ? {} : { executablePath }),
  chromiumSandbox: process.getuid?.() !== 0,
});
try {
  for (const size of sizes) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(
      `<style>html, body { margin: 0; background: transparent } svg { display: block; width: ${size}px; height: ${size}px }</style>${svg}`,
    );
    await page.screenshot({ path: new URL(`${size}x${size}.png`, import.meta.url).pathname, omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
