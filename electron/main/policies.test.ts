import { describe, expect, test } from 'vitest';
import { mayNavigate } from './navigation-policy.ts';
import { isPermitted } from './permissions.ts';
import { windowOptions } from './window-options.ts';

describe('navigation', () => {
  test('stays on the page of the window', () => {
    for (const url of ['app://retake/', 'app://retake/#/run/a?step=3', 'app://retake/index.html'])
      expect([url, mayNavigate(url)]).toEqual([url, true]);
  });

  test('goes nowhere else', () => {
    for (const url of [
      'https://example.com/',
      'https://retake/',
      'file:///etc/passwd',
      'app://elsewhere/',
      'app://retake.example/',
      'app://retake/assets/app.js',
      'app://retake/?x=1',
      'data:text/html,x',
      'javascript:alert(1)',
      'about:blank',
      '',
    ]) {
      expect([url, mayNavigate(url)]).toEqual([url, false]);
    }
  });
});

describe('permissions', () => {
  test('only the page may show notices', () => {
    expect(isPermitted('notifications', 'app://retake/')).toBe(true);
    expect(isPermitted('notifications', 'https://example.com/')).toBe(false);
  });

  test('only the page may write text to the clipboard', () => {
    expect(isPermitted('clipboard-sanitized-write', 'app://retake')).toBe(true);
    expect(isPermitted('clipboard-sanitized-write', 'app://retake/')).toBe(true);
    expect(isPermitted('clipboard-sanitized-write', 'https://example.com/')).toBe(false);
    expect(isPermitted('clipboard-sanitized-write', 'app://retake.example/')).toBe(false);
  });

  test('nothing else is allowed, not even to the page', () => {
    for (const permission of [
      'clipboard-read',
      'geolocation',
      'media',
      'openExternal',
      'fileSystem',
      'local-network',
      'unknown',
    ]) {
      expect([permission, isPermitted(permission, 'app://retake/')]).toEqual([permission, false]);
    }
  });
});

describe('the window', () => {
  test('is sandboxed and isolated, without Node', () => {
    const { webPreferences } = windowOptions({ preload: '/x/preload.cjs', icon: '/x/icon.png', isDark: true });
    expect(webPreferences).toMatchObject({
      preload: '/x/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
    });
    expect(
      Object.keys(webPreferences ?? {}).filter((name) => /blink|enable|preloadScript|partition|session/i.test(name)),
    ).toEqual([]);
  });

  test('does not flash: it is hidden until painted, on the background of the theme', () => {
    expect(windowOptions({ preload: 'x', icon: 'x', isDark: true })).toMatchObject({
      show: false,
      backgroundColor: '#0d0f12',
    });
    expect(windowOptions({ preload: 'x', icon: 'x', isDark: false })).toMatchObject({
      show: false,
      backgroundColor: '#f6f7f9',
    });
  });

  test('keeps its place: a name is what Electron stores it under', () => {
    expect(windowOptions({ preload: 'x', icon: 'x', isDark: true })).toMatchObject({
      name: 'main',
      windowStatePersistence: true,
    });
  });
});
