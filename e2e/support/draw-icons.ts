import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { findBrowser } from '../../electron/cli/find-browser.ts';

/** `node e2e/support/draw-icons.ts`, after a change of icon.svg: the sizes that the systems ask for. */
const icons = new URL('../../electron/packaging/icons/', import.meta.url);
const sizes = [16, 32, 48, 64, 128, 256, 512, 1024];

const svg = await readFile(new URL('icon.svg', icons), 'utf8');
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
    await page.screenshot({ path: fileURLToPath(new URL(`${size}x${size}.png`, icons)), omitBackground: true });
    await page.close();
  }
} finally {
  await browser.close();
}
